"""Masks: patterns over `nick!user@host`, where `*` stands for any text and `?` for one character.

A mask is compared without case in every language. There is no escape character: `\\` may be part of a nick.
"""

import re
from functools import lru_cache

from app.wire.names import caseless

CLOAK_ENDING = ".ip"  # of what others see instead of an address


def is_mask(text: str) -> bool:
    """Whether the text has a wildcard in it."""
    return "*" in text or "?" in text


def normalise(mask: str) -> str:
    """Complete a mask to the form `nick!user@host`; a part that is missing or empty becomes `*`."""
    nick, bang, rest = mask.partition("!")
    if not bang and "@" in mask:
        nick, rest = "", mask
    user, _, host = rest.partition("@")
    return f"{nick or '*'}!{user or '*'}@{host or '*'}"


def matches(mask: str, text: str) -> bool:
    """Whether the mask describes the whole text.

    The work grows with the product of both lengths and no faster, whatever the mask.
    """
    return pattern(mask).fullmatch(caseless(text)) is not None


def pattern(mask: str) -> re.Pattern[str]:
    """Return the mask as an expression for many texts, which have to be caseless or folded already."""
    return _compile(caseless(mask))


@lru_cache(maxsize=1024)
def _compile(mask: str) -> re.Pattern[str]:
    """Translate a mask into an expression that never tries a star's stretch twice.

    What stands between two stars may be taken where it is first found, and need not be sought again: hence
    the atomic groups. Only the last stretch has to end where the text ends.
    """
    first, *others = [_literal(part) for part in re.split(r"\*+", mask)]
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    found = "".join(f"(?>.*?{part})" for part in middle)
    return re.compile(f"{first}{found}.*{last}", re.DOTALL)


def _literal(part: str) -> str:
    """Translate a part of a mask that has no star in it."""
    return ".".join(re.escape(piece) for piece in part.split("?"))
