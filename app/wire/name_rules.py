"""The rules for new names of users and channels.

- `check_nick` and `check_room` validate a name and return its normalised spelling;
  `check_new_nick` also rejects names reserved for the server's pseudo-clients.

Nicks follow the PRECIS profile UsernameCasePreserved (RFC 8265, section 3.4), in one script only.
The libraries are imported on first use, as most names are ASCII and need none of their tables.
"""

import re
import string
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from app.wire.names import (
    MAX_KEY_LENGTH,
    MAX_NICK_BYTES,
    MAX_ROOM_BYTES,
    PSEUDOCLIENTS,
    PSEUDONYM_PREFIX,
    fold,
    is_room,
    skeleton,
)

_MAX_EXAMINED_CHARACTERS = 256  # longer nicks are rejected immediately
_NICK_ASCII = frozenset(string.ascii_letters + string.digits + "-_[]\\^{|}`")  # RFC 2812 section 2.3.1
_PLAIN_NICK = re.compile(  # valid without consulting Unicode data
    r"[A-Za-z_\[\]\\^{|}`][A-Za-z0-9_\[\]\\^{|}`-]{0,63}"
)
_COMPATIBLE_SCRIPTS = (  # Unicode TS #39, section 5.1: scripts used together in one language
    frozenset({"HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"HAN", "HANGUL"}),
    frozenset({"HAN", "BOPOMOFO"}),
)
_SHARED_SCRIPTS = frozenset({"COMMON", "INHERITED"})
_SEPARATORS = re.compile(r"[!-/:-@\[-`{-~]+")  # ASCII punctuation
_FOREIGN_SERVICES = (  # pseudo-clients on other networks
    "AuthServ",
    "BotServ",
    "ChanServ",
    "HostServ",
    "MemoServ",
    "OperServ",
    "SaslServ",
)
_INVISIBLE = re.compile(  # fillers and variation selectors, classed as letters or marks
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


class InvalidName(ValueError):
    """The name is not allowed; `reason` is a sentence for the user."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_nick(name: str, max_characters: int) -> str:
    """Validate a nick or account name and return its normalised spelling.

    Raises: InvalidName with the first violated rule.
    """
    if _PLAIN_NICK.fullmatch(name):  # the common case, without Unicode processing
        _check_length(name, max_characters, MAX_NICK_BYTES)
        return name
    prepared = _prepare(name)
    _check_characters(prepared)
    _check_length(prepared, max_characters, MAX_NICK_BYTES)
    _check_scripts(prepared)
    return prepared


def check_new_nick(name: str, max_characters: int) -> str:
    """Validate a newly chosen nick or account name and return its normalised spelling.

    Names equal to or confusable with those of pseudo-clients, including those of other networks,
    are reserved, because users might send passwords to them.

    Raises: InvalidName with the first violated rule.
    """
    prepared = check_nick(name, max_characters)
    if fold(prepared).startswith(PSEUDONYM_PREFIX):
        raise InvalidName("This name is reserved for deleted accounts.")
    if not _reserved().isdisjoint((fold(prepared), skeleton(prepared))):
        raise InvalidName("This name is reserved for the server.")
    return prepared


@lru_cache(maxsize=1)
def _reserved() -> frozenset[str]:
    names = PSEUDOCLIENTS + _FOREIGN_SERVICES
    return frozenset((*map(fold, names), *map(skeleton, names)))


def check_room(name: str, max_characters: int) -> str:
    """Validate a channel name and return its normalised spelling.

    Channel names may contain punctuation, emoji and words in different scripts. Invisible
    characters are rejected, and so are words that mix scripts to look like a word in one script.

    Raises: InvalidName with the first violated rule.
    """
    if not is_room(name) or len(name) < 2:
        raise InvalidName("A channel name is a # followed by at least one character.")
    prepared = unicodedata.normalize("NFC", name)
    _check_length(prepared, max_characters, MAX_ROOM_BYTES)
    if len(fold(prepared)) > MAX_KEY_LENGTH:
        raise InvalidName("The name is too long after case folding.")
    _check_leading_mark(prepared[1:])
    for character in prepared:
        if character == "," or not _is_visible(character):
            raise InvalidName(f"{_describe(character)} is not allowed in a channel name.")
    if any(_is_lookalike(word) for word in _SEPARATORS.split(prepared)):
        raise InvalidName("A word of the name mixes look-alike letters of several scripts.")
    return prepared


def _prepare(name: str) -> str:
    """Apply the PRECIS profile and convert its errors to InvalidName."""
    if not name:
        raise InvalidName("A name must have at least one character.")
    if len(name) > _MAX_EXAMINED_CHARACTERS:
        raise InvalidName(f"The name is longer than {_MAX_EXAMINED_CHARACTERS} characters.")
    try:
        return str(_preserved().enforce(name))
    except UnicodeEncodeError as error:
        raise InvalidName(_explain(error)) from None


@lru_cache(maxsize=1)
def _preserved() -> Any:
    """Return the PRECIS profile UsernameCasePreserved (RFC 8265, section 3.4)."""
    from precis_i18n import get_profile

    return get_profile("UsernameCasePreserved")


def _explain(error: UnicodeEncodeError) -> str:
    """Return a sentence for the user that describes a PRECIS error."""
    if "bidi_rule" in error.reason:
        return "The name mixes left-to-right and right-to-left text."
    if not error.reason.startswith(("DISALLOWED", "UNASSIGNED", "CONTEXT")):
        return "The name has no stable normalised form."
    return f"{_describe(error.object[error.start])} is not allowed in a name."


def _describe(character: str) -> str:
    """Return a readable description of a character, even if it is invisible."""
    if _is_visible(character) and not unicodedata.combining(character):
        return f"“{character}”"
    return unicodedata.name(character, f"U+{ord(character):04X}")


def _is_visible(character: str) -> bool:
    """Return whether the character has a visible glyph."""
    return unicodedata.category(character)[0] not in "CZ" and not _INVISIBLE.match(character)


def _check_characters(nick: str) -> None:
    for character in nick:
        if character.isascii() and character not in _NICK_ASCII:
            raise InvalidName(f"{_describe(character)} is not allowed in a name.")
    if nick[0] == "-" or unicodedata.category(nick[0]) == "Nd":
        raise InvalidName("A name must not start with a digit or a hyphen.")
    _check_leading_mark(nick)


def _check_leading_mark(name: str) -> None:
    """Reject a combining mark that would attach to the text before the name."""
    if unicodedata.category(name[0])[0] == "M":
        raise InvalidName(f"A name must not start with {_describe(name[0])}.")


def _check_length(name: str, max_characters: int, max_bytes: int) -> None:
    if len(name) > max_characters:
        raise InvalidName(f"The name is longer than {max_characters} characters.")
    if len(name.encode(errors="replace")) > max_bytes:
        raise InvalidName(f"The name is longer than {max_bytes} bytes in UTF-8.")


def _check_scripts(name: str) -> None:
    scripts = _scripts(name)
    if not _is_single_script(scripts):
        raise InvalidName(f"The name mixes {_enumerate(scripts)} letters; use one script only.")


def _is_lookalike(word: str) -> bool:
    """Return whether the word mixes scripts but looks like a word in one script."""
    return (
        not word.isascii()
        and not _is_single_script(_scripts(word))
        and _is_single_script(_scripts(skeleton(word)))
    )


def _scripts(text: str) -> set[str]:
    """Return the text's Unicode scripts, except Common and Inherited (digits, combining marks)."""
    from confusable_homoglyphs import categories

    return {categories.alias(character) for character in text} - _SHARED_SCRIPTS


def _is_single_script(scripts: set[str]) -> bool:
    return len(scripts) < 2 or any(scripts <= group for group in _COMPATIBLE_SCRIPTS)


def _enumerate(scripts: Iterable[str]) -> str:
    return " and ".join(script.replace("_", " ").title() for script in sorted(scripts))
