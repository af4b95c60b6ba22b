"""Masks: patterns over `nick!user@host`, where `*` matches any text and `?` one character.

Matching ignores case in every script. There is no escape character, because `\\` is valid in nicks.
"""

import re
from functools import lru_cache

from app.wire.names import caseless

MAX_ASTERISKS = 16  # in a mask from a user: each costs about 10 microseconds to compile
CLOAK_SUFFIX = ".ip"  # of cloaked hosts, which are shown in place of IP addresses


def is_mask(text: str) -> bool:
    """Return whether the text contains a wildcard."""
    return "*" in text or "?" in text


def normalise(mask: str) -> str:
    """Complete a mask to the form `nick!user@host`; missing and empty parts become `*`."""
    nick, bang, rest = mask.partition("!")
    if not bang and "@" in mask:
        nick, rest = "", mask
    user, _, host = rest.partition("@")
    return f"{nick or '*'}!{user or '*'}@{host or '*'}"


def check_asterisks(mask: str) -> None:
    """Check that a mask from a user is cheap to compile; consecutive asterisks count as one.

    Raises: ValueError when it has more than MAX_ASTERISKS.
    """
    if len(re.findall(r"\*+", mask)) > MAX_ASTERISKS:
        raise ValueError(f"A mask can contain at most {MAX_ASTERISKS} asterisks")


def matches(mask: str, text: str) -> bool:
    """Return whether the mask matches the whole text.

    For any mask, the running time is bounded by the product of both lengths. A mask that needs more
    characters than the text has is not compiled, so that long masks from strangers cost little.
    """
    folded_mask, folded_text = caseless(mask), caseless(text)
    if len(folded_mask) - folded_mask.count("*") > len(folded_text):
        return False
    return _compile(folded_mask).fullmatch(folded_text) is not None


def compile_mask(mask: str) -> re.Pattern[str]:
    """Compile a mask to a regular expression for text returned by `caseless` or `fold`."""
    return _compile(caseless(mask))


@lru_cache(maxsize=1024)
def _compile(mask: str) -> re.Pattern[str]:
    """Translate a mask into a regular expression that does not backtrack into earlier wildcards.

    The text between two stars can be matched at its first occurrence without ever backtracking,
    hence the atomic groups. Only the part after the last star is anchored to the end.
    """
    first, *others = [_translate_literal(part) for part in re.split(r"\*+", mask)]
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    searches = "".join(f"(?>.*?{part})" for part in middle)
    return re.compile(f"{first}{searches}.*{last}", re.DOTALL)


def _translate_literal(part: str) -> str:
    """Translate a part of a mask that contains no `*`."""
    return ".".join(re.escape(piece) for piece in part.split("?"))
