"""Validation of the arguments of channel modes: keys, limits, intervals, masks and words.

Each function returns the canonical form of an argument, or raises ValueError with a text that
completes the reply ERR_INVALIDMODEPARAM.
"""

from collections.abc import Collection, Iterable

from app.wire import extbans, word_filter
from app.wire.framing import byte_length
from app.wire.modes import MAX_KEY_LENGTH, MAX_PAUSE_SECONDS, MAX_USER_LIMIT, WORD_FILTER
from app.wire.names import caseless
from app.wire.numbers import parse_number

MAX_ENTRY_BYTES = 200  # of a mask or word


def check_key(key: str) -> str:
    """Return a channel key (+k)."""
    if not key or " " in key or "," in key or key.startswith(":") or len(key) > MAX_KEY_LENGTH:
        raise ValueError(f"The key must have 1 to {MAX_KEY_LENGTH} characters and no spaces or commas")
    return key


def parse_limit(text: str) -> int:
    """Return the number of a user limit (+l)."""
    limit = parse_number(text)
    if limit is None or not 0 < limit <= MAX_USER_LIMIT:
        raise ValueError(f"The limit must be a number between 1 and {MAX_USER_LIMIT}")
    return limit


def parse_interval(text: str) -> int:
    """Return the seconds between two messages of a user (+W)."""
    interval = parse_number(text)
    if interval is None or not 0 < interval <= MAX_PAUSE_SECONDS:
        raise ValueError(f"The interval must be between 1 and {MAX_PAUSE_SECONDS} seconds")
    return interval


def complete_list_entry(letter: str, entry: str) -> str:
    """Return the canonical form of a new mask or word for the list of a mode letter."""
    if letter == "I" and extbans.is_mute(entry):
        raise ValueError("Mute masks (~m:) cannot be invite exceptions")
    canonical = _check_word(entry) if letter == WORD_FILTER else extbans.complete_mask(entry)
    if byte_length(canonical) > MAX_ENTRY_BYTES:
        raise ValueError(f"An entry must have at most {MAX_ENTRY_BYTES} bytes")
    return canonical


def _check_word(entry: str) -> str:
    if " " in entry or entry.startswith(":"):
        raise ValueError("A word cannot contain a space or start with a colon")
    word_filter.check_word(entry)
    return entry


def find_list_entry(entries: Iterable[str], mask: str) -> str | None:
    """Return the entry of a list that equals a mask or word, ignoring case, or None."""
    wanted = caseless(mask)
    return next((entry for entry in entries if caseless(entry) == wanted), None)


def is_list_full(letter: str, entries: Collection[str], new: str, max_entries: int) -> bool:
    """Return whether a list has no space for a new entry."""
    is_too_large = letter == WORD_FILTER and word_filter.is_too_large([*entries, new])
    return len(entries) >= max_entries or is_too_large
