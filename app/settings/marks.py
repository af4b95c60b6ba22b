"""The marks of settings, and the words that may stand for a security setting."""

import re
from difflib import get_close_matches

from pydantic import BaseModel

SIMILARITY_THRESHOLD = 0.75  # at which a word counts as a misspelt security setting

Model = type[BaseModel]


def is_security_setting(model: Model, key: str) -> bool:
    """Return whether an invalid value for this key is an error instead of a warning."""
    return has_mark(model, key, "security")


def needs_restart(model: Model, key: str) -> bool:
    """Return whether a change of this key takes effect only at the next start."""
    return has_mark(model, key, "restart")


def has_mark(model: Model, key: str, mark: str) -> bool:
    """Return whether a setting has a mark of `app.settings.base`."""
    extra = model.model_fields[key].json_schema_extra
    return isinstance(extra, dict) and bool(extra.get(mark))


def find_security_setting(model: Model, raw: bytes) -> str | None:
    """Return a security setting that the bytes mention, or None.

    The bytes may be UTF-16 or any superset of ASCII, and may be truncated at any point.
    """
    text = raw.replace(b"\0", b"").decode("latin-1")
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    words = sorted(set(re.findall(r"[\w-]+", text)))
    return next(filter(None, (find_similar_security_setting(model, word) for word in words)), None)


def find_similar_security_setting(model: Model, word: str) -> str | None:
    """Return the security setting that a word may stand for, or None.

    A word resembles a key if it contains the key, is a prefix of it of at least three
    characters, or differs from it in a few characters.
    """
    word = word.lower().replace("-", "_")
    keys = [key for key in model.model_fields if is_security_setting(model, key)]
    if word in model.model_fields and word not in keys:
        return None
    related = [key for key in keys if key in word or (len(word) > 2 and key.startswith(word))]
    similar = get_close_matches(word, keys, 1, SIMILARITY_THRESHOLD)
    return next(iter(similar + related), None)
