"""Parses durations as typed by users, in ASCII: `30m`, `1h30m`, `2d`, `3 weeks`."""

import re
from datetime import timedelta

from app.errors import UsageError

MAX_DURATION = timedelta(days=3660)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_ASCII = re.IGNORECASE | re.ASCII  # otherwise s matches ſ, and \d the digits of every script
_DURATION = re.compile(r"(?:\d{1,9} ?(?:[smhdw]|sec\w*|min\w*|hour\w*|day\w*|week\w*) ?)+", _ASCII)
_PART = re.compile(r"(\d+) ?([smhdw])", _ASCII)


def is_duration(text: str) -> bool:
    """Return whether the text has the form of a duration, even if it is out of range."""
    return _DURATION.fullmatch(text.strip()) is not None


def parse_duration(text: str) -> timedelta:
    """Parse a duration such as `2d`, `1h30m` or `3 weeks`.

    Raises: UsageError.
    """
    if not is_duration(text):
        raise UsageError(f"Cannot parse {text} as a duration; use a form such as 30m, 12h, 2d or 3w.")
    seconds = sum(int(count) * _UNITS[unit.lower()] for count, unit in _PART.findall(text))
    if not 0 < seconds <= MAX_DURATION.total_seconds():
        raise UsageError(f"{text} is out of range; a duration is between one second and ten years.")
    return timedelta(seconds=seconds)


def parse_milliseconds(text: str) -> int:
    """Parse a duration and return it in milliseconds.

    Raises: UsageError.
    """
    return round(parse_duration(text).total_seconds() * 1000)
