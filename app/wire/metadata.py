"""The keys of metadata (IRCv3 draft/metadata-3, "Keys and Values")."""

import re

MAX_KEY_BYTES = 48
_KEY = re.compile(r"[a-z0-9_./-]+")


def is_key(text: str) -> bool:
    """Whether it is a key: lower-case letters, digits and `_`, `.`, `/`, `-` of ASCII, and not too many."""
    return len(text) <= MAX_KEY_BYTES and _KEY.fullmatch(text) is not None
