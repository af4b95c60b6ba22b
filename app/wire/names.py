"""Names of users and channels: case folding and confusable detection.

- `fold` maps equivalent spellings to one key. For names that PRECIS allows, it equals the profile
  UsernameCaseMapped with full case folding (RFC 7613; the CASEMAPPING value `rfc7613`). Unlike
  RFC 8265's lower-casing, full folding maps all three sigmas to one letter in every position.
- `skeleton` maps visually confusable names to one text (Unicode TS #39, section 4).

The functions are pure. Only results for short names are cached, which limits the memory used. The
confusables are imported on first use, as most names are ASCII and need none of them. `name_rules`
says which names are allowed.
"""

import unicodedata
from functools import lru_cache
from typing import NewType

from app.wire.nfkc import compose

Key = NewType("Key", str)

MAX_NICK_BYTES = 64  # UTF-8; the limit in characters is a setting
MAX_ROOM_BYTES = 200  # UTF-8; RFC 1459 section 1.3
MAX_KEY_LENGTH = 128  # characters, the column size; folding can expand one character to eighteen
_MAX_CACHED_CHARACTERS = 32  # of a name; its key can be eighteen times as long

PSEUDONYM_PREFIX = "deleted-user-"  # of the names shown in place of deleted accounts
PSEUDOCLIENTS = ("*playback", "HistServ", "NickServ")  # on this server


def fold(name: str) -> Key:
    """Return the key shared by all equivalent spellings of a nick, account or channel name."""
    if name.isascii():
        return Key(name.lower())
    return Key(_caseless_short(name) if len(name) <= _MAX_CACHED_CHARACTERS else caseless(name))


def caseless(text: str) -> str:
    """Normalise case, width and composition, as `fold` does but without a cache."""
    if text.isascii():
        return text.lower()
    return compose(compose(text).casefold())


_caseless_short = lru_cache(maxsize=16_384)(caseless)


def is_room(name: str) -> bool:
    """Return whether a target names a channel rather than a user."""
    return name.startswith("#")


def skeleton(name: str) -> str:
    """Return the skeleton of a name; confusable names have equal skeletons.

    Pass the displayed spelling, not the folded one: Cyrillic `В` looks like `B`, but `в` does not.
    As in the Unicode data, `0` maps to `O`, and `1`, `I` and `|` map to `l`. There are two
    differences: `m` is distinct from `rn`, so that Tom and Torn can coexist, and compatibility
    forms (wide or bold letters) map to plain letters.
    """
    return _skeleton_short(name) if len(name) <= _MAX_CACHED_CHARACTERS else _skeleton(name)


def _skeleton(name: str) -> str:
    """Compute a skeleton; lower-casing comes last, because confusables depend on case."""
    mapped = unicodedata.normalize("NFKD", name).translate(_prototypes())
    return unicodedata.normalize("NFD", mapped).lower()


_skeleton_short = lru_cache(maxsize=16_384)(_skeleton)


@lru_cache(maxsize=1)
def _prototypes() -> dict[int, str]:
    """Return the prototype of each character in Unicode's confusables data."""
    from confusable_homoglyphs.confusables import confusables_data

    partners = {
        _strip_marks(source): [_strip_marks(other["c"]) for other in others]
        for source, others in confusables_data.items()
    }
    table = {
        ord(source): others[0]
        for source, others in partners.items()
        if _has_prototype(source, others, partners)
    }
    return {source: prototype.translate(table).replace("rn", "m") for source, prototype in table.items()}


def _strip_marks(source: str) -> str:
    """Strip the direction marks that the data puts around right-to-left characters."""
    return source.strip("\u200e")


def _has_prototype(source: str, others: list[str], partners: dict[str, list[str]]) -> bool:
    """Return whether the only partner of a text is its prototype.

    The library lists every pair in both directions. The prototype is the text with more partners,
    or the longer one; for an isolated pair of characters, the choice is arbitrary but fixed.
    """
    if len(source) > 1 or len(others) > 1:
        return False
    prototype = others[0]
    if len(prototype) > 1:
        return not source.isascii()  # excludes `m`, `%` and the quotation mark
    return len(partners[prototype]) > 1 or prototype > source
