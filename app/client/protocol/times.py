"""Times in people's words: `2026-11-01 10:00`, `10:30`, `2h`, `yesterday`, and what dateparser knows besides."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta

from app.errors import UsageError

UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SPAN = re.compile(r"(\d{1,6}) ?(s|m|min|h|d|w)(?: ago)?")
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
MAX_WORDS = 4  # of a time among other words
DAYS = {"today": 0, "yesterday": 1}


def read_span(text: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the two times that a text names; one alone means from then until now.

    Without a zone they are meant in the zone of `now`.
    Raises: UsageError when it cannot be understood.
    """
    for reader in (_plain, _foreign):
        if alone := reader(text, now):
            return alone, now
        if pair := _pair(text, now, reader):
            return min(pair), max(pair)
    raise _no_time(text)


def read_first(words: list[str], now: datetime) -> tuple[datetime, int]:
    """Return the time that some words begin with, and how many of them it takes.

    Raises: UsageError when they begin with none.
    """
    for reader in (_plain, _foreign):
        for count in range(min(len(words), MAX_WORDS), 0, -1):
            if found := reader(" ".join(words[:count]), now):
                return found, count
    raise _no_time(words[0])


def _no_time(text: str) -> UsageError:
    return UsageError(f"{text!r} is no time I understand. Examples: 2h, yesterday, 2026-11-01 10:00.")


def _pair(
    text: str, now: datetime, reader: Callable[[str, datetime], datetime | None]
) -> tuple[datetime, datetime] | None:
    """Find where the words of the first time end and those of the second begin."""
    words = text.split()
    for cut in range(1, len(words)):
        first, second = reader(" ".join(words[:cut]), now), reader(" ".join(words[cut:]), now)
        if first and second:
            return first, second
    return None


def _plain(text: str, now: datetime) -> datetime | None:
    """Read the forms that leave no doubt."""
    text = text.lower()
    if text == "now":
        return now
    if span := SPAN.fullmatch(text):
        return _before(now, int(span[1]), UNITS[span[2]])
    day, _, clock = text.partition(" ")
    if day in DAYS:
        return _at(now - timedelta(days=DAYS[day]), clock or "00:00")
    return _at(now, text) or _iso(text, now)


def _before(now: datetime, count: int, unit: str) -> datetime | None:
    """Return the instant so long ago, unless there were no calendars then."""
    try:
        return now - timedelta(**{unit: count})
    except OverflowError:
        return None


def _at(day: datetime, clock: str) -> datetime | None:
    """Return a time of day."""
    found = CLOCK.fullmatch(clock)
    if found is None:
        return None
    try:
        moment = time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        return None
    return datetime.combine(day.date(), moment, day.tzinfo)


def _iso(text: str, now: datetime) -> datetime | None:
    """Return a date, perhaps with a time, as ISO 8601 writes it."""
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def _foreign(text: str, now: datetime) -> datetime | None:
    """Ask the library; it is slow to load, so only when nothing else understands."""
    if not any(character.isalnum() for character in text):
        return None
    import dateparser

    rules = {"PREFER_DATES_FROM": "past", "RELATIVE_BASE": now.replace(tzinfo=None)}
    found: datetime | None = dateparser.parse(text, settings=rules)
    return found.replace(tzinfo=found.tzinfo or now.tzinfo) if found else None
