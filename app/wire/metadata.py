"""Metadata keys (https://ircv3.net/specs/extensions/metadata, "Keys and values")."""

import re

MAX_KEY_BYTES = 48
# https://codeberg.org/emersion/soju/src/branch/master/doc/ext/metadata.md
PRIVATE_KEYS = frozenset({"soju.im/blocked", "soju.im/muted", "soju.im/pinned"})
PRIVATE_VALUES = frozenset({"0", "1"})
_KEY = re.compile(r"[a-z0-9_./-]+")


def is_key(text: str) -> bool:
    """Return whether the text is a valid key: up to MAX_KEY_BYTES of `a-z`, `0-9`, `_./-`."""
    return len(text) <= MAX_KEY_BYTES and _KEY.fullmatch(text) is not None


def visibility(key: str) -> str:
    """Return the visibility field of a key: `*` if it is public."""
    return "private" if key in PRIVATE_KEYS else "*"
