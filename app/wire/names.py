"""Names of people and rooms: which are allowed, which are the same, and which look the same.

- `check_nick` and `check_room` admit a name and return the spelling to keep; `check_new_nick` also sees to it that
  nobody passes for the server.
- `fold` says which spellings are one name: for every name that PRECIS allows it is the profile
  UsernameCaseMapped with full case folding (RFC 7613, the `rfc7613` of CASEMAPPING). Full folding and not
  RFC 8265's lower case, so that the three sigmas are one letter wherever they stand.
- `skeleton` says which names a reader takes for one another, as Unicode TS #39 section 4 does.

All of it is pure; results are remembered for short names only, so nobody can fill the memory with long ones.
"""

import re
import string
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NewType

from confusable_homoglyphs import categories
from precis_i18n import get_profile

Key = NewType("Key", str)

MAX_NICK_BYTES = 64  # UTF-8; the limit in characters is a setting, this one keeps `nick!user@host` short
MAX_ROOM_BYTES = 200  # UTF-8; RFC 1459 section 1.3
MAX_KEY_LENGTH = (
    128  # characters of a folded name, as the tables hold it; folding can make one character eighteen
)
_EXAMINED = 256  # characters; a longer nick is refused before it is looked at
_REMEMBERED = 64  # characters; longer names are worked out anew each time

_PRESERVED = get_profile("UsernameCasePreserved")
_NICK_ASCII = frozenset(string.ascii_letters + string.digits + "-_[]\\^{|}`")  # RFC 2812 section 2.3.1
_PLAIN_NICK = re.compile(
    r"[A-Za-z_\[\]\\^{|}`][A-Za-z0-9_\[\]\\^{|}`-]{0,63}"
)  # whose characters are all in order
_WRITTEN_TOGETHER = (  # Unicode TS #39 section 5.1: languages that are written in more than one script
    frozenset({"HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"HAN", "HANGUL"}),
    frozenset({"HAN", "BOPOMOFO"}),
)
_EVERYWHERE = frozenset({"COMMON", "INHERITED"})
_SEPARATORS = re.compile(r"[!-/:-@\[-`{-~]+")  # ASCII punctuation
PSEUDOCLIENTS = ("*playback", "HistServ", "NickServ")  # who are the server itself
_TRUSTED = ("AuthServ", "BotServ", "ChanServ", "HostServ", "MemoServ", "OperServ", "SaslServ")  # elsewhere
_BLANK = re.compile(  # fillers and variation selectors: drawn as nothing, though classed as letters or marks
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


class NameRefused(ValueError):
    """The name is not allowed; `reason` is a sentence for the person who chose it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def fold(name: str) -> Key:
    """Return what all spellings of one nick, account or room have in common."""
    if name.isascii():
        return Key(name.lower())
    return Key(_caseless_short(name) if len(name) <= _REMEMBERED else caseless(name))


def caseless(text: str) -> str:
    """Return the text without differences of case, width or composition; `fold` without its memory."""
    if text.isascii():
        return text.lower()
    return _compose(_compose(text).casefold())


_caseless_short = lru_cache(maxsize=16_384)(caseless)


def _compose(text: str) -> str:
    """Compose the text; NFKC also undoes differences of width, which is all it changes in an allowed name."""
    return unicodedata.normalize("NFKC", text)


def check_nick(name: str, longest: int) -> str:
    """Return the spelling to keep of a nick or account that has at most `longest` characters.

    Raises: NameRefused with the first thing that is wrong.
    """
    if _PLAIN_NICK.fullmatch(name):  # most are, and Unicode has nothing to say of them
        _refuse_length(name, longest, MAX_NICK_BYTES)
        return name
    prepared = _prepare(name)
    _refuse_characters(prepared)
    _refuse_length(prepared, longest, MAX_NICK_BYTES)
    _refuse_mixture(prepared)
    return prepared


def check_new_nick(name: str, longest: int) -> str:
    """Return the spelling to keep of a nick or account that somebody wants to have.

    Nobody is called like an attendant of this server or of others, or nearly so: people would tell them passwords.

    Raises: NameRefused with the first thing that is wrong.
    """
    prepared = check_nick(name, longest)
    if not _reserved().isdisjoint((fold(prepared), skeleton(prepared))):
        raise NameRefused("The name is kept for the server itself.")
    return prepared


@lru_cache(maxsize=1)
def _reserved() -> frozenset[str]:
    names = PSEUDOCLIENTS + _TRUSTED
    return frozenset((*map(fold, names), *map(skeleton, names)))


def is_room(name: str) -> bool:
    """Whether the name is meant for a room rather than for a person."""
    return name.startswith("#")


def check_room(name: str, longest: int) -> str:
    """Return the spelling to keep of a room that has at most `longest` characters, the `#` included.

    Rooms are freer than nicks: punctuation, emoji and words of several scripts are welcome. What cannot be
    seen is refused, and so is a word that mixes scripts only to look like a word of one.

    Raises: NameRefused with the first thing that is wrong.
    """
    if not is_room(name) or len(name) < 2:
        raise NameRefused("The name of a room is a # and at least one character after it.")
    prepared = unicodedata.normalize("NFC", name)
    _refuse_length(prepared, longest, MAX_ROOM_BYTES)
    if len(fold(prepared)) > MAX_KEY_LENGTH:
        raise NameRefused("The name has characters in it that stand for too many others.")
    _refuse_leading_mark(prepared[1:])
    for character in prepared:
        if character == "," or not _is_visible(character):
            raise NameRefused(f"{_describe(character)} cannot be part of a room's name.")
    if any(_is_disguised(word) for word in _SEPARATORS.split(prepared)):
        raise NameRefused("A word of the name mixes letters of several scripts that look like one.")
    return prepared


def skeleton(name: str) -> str:
    """Return what a reader sees: names with one skeleton are easily taken for one another.

    Give it the spelling that is shown, not the folded one: a Cyrillic `В` looks like a `B`, a `в` does not.
    As in the Unicode table `0` is an `O`, and `1`, `I` and `|` are an `l`. Two things differ from it: an `m`
    is not an `rn`, since Tom and Torn may both be here, and compatibility forms (wide or bold letters) are
    plain letters.
    """
    return _skeleton_short(name) if len(name) <= _REMEMBERED else _skeleton(name)


def _skeleton(name: str) -> str:
    """Work the skeleton out; lower case comes last, since look-alikes differ by case."""
    drawn = unicodedata.normalize("NFKD", name).translate(_prototypes())
    return unicodedata.normalize("NFD", drawn).lower()


_skeleton_short = lru_cache(maxsize=16_384)(_skeleton)


@lru_cache(maxsize=1)
def _prototypes() -> dict[int, str]:
    """Return for each character of Unicode's confusables the text that stands for all its look-alikes."""
    from confusable_homoglyphs.confusables import confusables_data  # a megabyte that a client never needs

    partners = {
        _bare(look): [_bare(other["c"]) for other in others] for look, others in confusables_data.items()
    }
    table = {
        ord(look): others[0] for look, others in partners.items() if _stands_behind(look, others, partners)
    }
    return {look: prototype.translate(table).replace("rn", "m") for look, prototype in table.items()}


def _bare(look: str) -> str:
    """Strip the direction marks that the table puts around right-to-left characters."""
    return look.strip("\u200e")


def _stands_behind(look: str, others: list[str], partners: dict[str, list[str]]) -> bool:
    """Whether the look has a prototype, which then is its only partner.

    The library lists every pair in both directions. The prototype is the one with more partners, or the
    longer one; of two characters that have only each other either will do, if it is always the same.
    """
    if len(look) > 1 or len(others) > 1:
        return False
    prototype = others[0]
    if len(prototype) > 1:
        return not look.isascii()  # spares `m`, `%` and the quotation mark
    return len(partners[prototype]) > 1 or prototype > look


def _prepare(name: str) -> str:
    """Apply the PRECIS profile, whose failures become sentences."""
    if not name:
        raise NameRefused("A name has at least one character.")
    if len(name) > _EXAMINED:
        raise NameRefused("The name is far too long.")
    try:
        return str(_PRESERVED.enforce(name))
    except UnicodeEncodeError as error:
        raise NameRefused(_explain(error)) from None


def _explain(error: UnicodeEncodeError) -> str:
    """Say as a sentence why PRECIS refused a name."""
    if "bidi_rule" in error.reason:
        return "The name mixes text that runs to the left with text that runs to the right."
    if not error.reason.startswith(("DISALLOWED", "UNASSIGNED", "CONTEXT")):
        return "The name has no spelling that stays the same."
    return f"{_describe(error.object[error.start])} cannot be part of a name."


def _describe(character: str) -> str:
    """Name a character so that it can be read even when it cannot be seen."""
    if _is_visible(character) and not unicodedata.combining(character):
        return f"“{character}”"
    return unicodedata.name(character, f"U+{ord(character):04X}")


def _is_visible(character: str) -> bool:
    """Whether the character leaves ink: no control, no separator, nothing that is drawn as nothing."""
    return unicodedata.category(character)[0] not in "CZ" and not _BLANK.match(character)


def _refuse_characters(nick: str) -> None:
    for character in nick:
        if character.isascii() and character not in _NICK_ASCII:
            raise NameRefused(f"{_describe(character)} cannot be part of a name.")
    if nick[0] == "-" or unicodedata.category(nick[0]) == "Nd":
        raise NameRefused("A name does not begin with a digit or a hyphen.")
    _refuse_leading_mark(nick)


def _refuse_leading_mark(name: str) -> None:
    """Refuse a mark that would be drawn on whatever stands before the name."""
    if unicodedata.category(name[0])[0] == "M":
        raise NameRefused(f"A name does not begin with {_describe(name[0])}.")


def _refuse_length(name: str, longest: int, most_bytes: int) -> None:
    if len(name) > longest:
        raise NameRefused(f"The name is longer than {longest} characters.")
    if len(name.encode(errors="replace")) > most_bytes:
        raise NameRefused(f"The name is longer than {most_bytes} bytes in UTF-8.")


def _refuse_mixture(name: str) -> None:
    scripts = _scripts(name)
    if not _are_one(scripts):
        raise NameRefused(f"The name mixes {_enumerate(scripts)} letters; use those of one script.")


def _is_disguised(word: str) -> bool:
    """Whether the word mixes scripts and yet looks like a word of one."""
    return not word.isascii() and not _are_one(_scripts(word)) and _are_one(_scripts(skeleton(word)))


def _scripts(text: str) -> set[str]:
    """Return the scripts of the text, leaving out what all scripts share (digits, accents)."""
    return {categories.alias(character) for character in text} - _EVERYWHERE


def _are_one(scripts: set[str]) -> bool:
    return len(scripts) < 2 or any(scripts <= together for together in _WRITTEN_TOGETHER)


def _enumerate(scripts: Iterable[str]) -> str:
    return " and ".join(script.replace("_", " ").title() for script in sorted(scripts))
