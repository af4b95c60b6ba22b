"""Parses times as typed by users: `2026-11-01 10:00`, `10:30`, `2h`, `yesterday`.

Unambiguous forms are tried first; everything else is passed to the dateparser library.
"""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta

from app.errors import UsageError

UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
AGO = re.compile(r"(\d{1,6}) ?(s|m|min|h|d|w)(?: ago)?")
TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
MAX_TIME_WORDS = 4  # that a time at the start of a longer text may consist of
DAYS_AGO = {"today": 0, "yesterday": 1}

Parser = Callable[[str, datetime], datetime | None]


def parse_span(text: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the start and end of the period in a text; without a second time, it ends now.

    Times without a time zone are in the zone of `now`.

    Raises: UsageError when the text cannot be parsed.
    """
    for parser in (_parse_exact, _parse_natural):
        if single := parser(text, now):
            return single, now
        if pair := _parse_pair(text, now, parser):
            return min(pair), max(pair)
    raise _cannot_parse(text)


def parse_prefix(words: list[str], now: datetime) -> tuple[datetime, int]:
    """Return the time at the start of a list of words, and the number of words it consists of.

    Raises: UsageError when the words do not start with a time.
    """
    for parser in (_parse_exact, _parse_natural):
        for count in range(min(len(words), MAX_TIME_WORDS), 0, -1):
            if parsed := parser(" ".join(words[:count]), now):
                return parsed, count
    raise _cannot_parse(words[0])


def _cannot_parse(text: str) -> UsageError:
    return UsageError(f"Cannot parse {text!r} as a time. Examples: 2h, yesterday, 2026-11-01 10:00.")


def _parse_pair(text: str, now: datetime, parser: Parser) -> tuple[datetime, datetime] | None:
    """Parse two times, split at the first position where both parts can be parsed."""
    words = text.split()
    for cut in range(1, len(words)):
        first, second = parser(" ".join(words[:cut]), now), parser(" ".join(words[cut:]), now)
        if first and second:
            return first, second
    return None


def _parse_exact(text: str, now: datetime) -> datetime | None:
    """Parse the unambiguous forms; return None for any other text."""
    text = text.lower()
    if text == "now":
        return now
    if ago := AGO.fullmatch(text):
        return _subtract(now, int(ago[1]), UNITS[ago[2]])
    day, _, clock = text.partition(" ")
    if day in DAYS_AGO:
        return _at_time(now - timedelta(days=DAYS_AGO[day]), clock or "00:00")
    return _at_time(now, text) or _parse_iso(text, now)


def _subtract(now: datetime, count: int, unit: str) -> datetime | None:
    try:
        return now - timedelta(**{unit: count})
    except OverflowError:
        return None


def _at_time(day: datetime, clock: str) -> datetime | None:
    """Return a day at a time of day such as `10:30`, or None if that is invalid."""
    match = TIME_OF_DAY.fullmatch(clock)
    if match is None:
        return None
    try:
        parsed = time(int(match[1]), int(match[2]), int(match[3] or 0))
    except ValueError:
        return None
    return datetime.combine(day.date(), parsed, day.tzinfo)


def _parse_iso(text: str, now: datetime) -> datetime | None:
    """Parse an ISO 8601 date, with or without a time."""
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        parsed = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=now.tzinfo)


def _parse_natural(text: str, now: datetime) -> datetime | None:
    """Parse with dateparser, which is imported on demand because it loads slowly."""
    if not any(character.isalnum() for character in text):
        return None
    import dateparser

    # Without TIMEZONE, dateparser looks up the system's zone, and fails for TZ=UTC0.
    base = now.replace(tzinfo=None)
    options = {"PREFER_DATES_FROM": "past", "RELATIVE_BASE": base, "TIMEZONE": "UTC"}
    parsed: datetime | None = dateparser.parse(text, settings=options)
    return parsed.replace(tzinfo=parsed.tzinfo or now.tzinfo) if parsed else None
