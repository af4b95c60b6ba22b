"""Parses times as typed by users: `2026-07`, `2026-07-15 10:00`, `10:30`, `2h`, `last friday`.

A date stands for all of its day, week, month or year, in every spelling (ISO 8601 and English). Any
other time stands for an instant. Numbers that are not an ISO 8601 date are refused rather than
guessed, and so are the digits of other scripts.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.clock import from_datetime, from_iso
from app.errors import UsageError
from app.text.durations import is_duration, parse_duration
from app.text.local_time import WallClock

TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?", re.ASCII)
YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)
WEEK = re.compile(r"\d{4}-?w\d\d", re.ASCII)
NUMERIC = re.compile(r"\d{4}-.*|[\d\s.,:/+-]*")  # a date in no form of ISO 8601
DAYS_AGO = {"today": 0, "yesterday": 1}
DAY = timedelta(days=1)
MIN_INSTANT = from_iso("1899-12-31T00:00:00Z")  # 1900 has begun in every zone a day later
MAX_INSTANT = from_iso("9999-01-02T00:00:00Z")
MAX_PREFIX_WORDS = 4  # that a time at the start of a longer text may consist of


@dataclass(frozen=True, slots=True)
class Period:
    """The instants from `first` to `last`, in milliseconds since the epoch, both inclusive.

    Raises: OverflowError when one is out of range.
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.first < MIN_INSTANT or self.last > MAX_INSTANT:
            raise OverflowError


Parser = Callable[[str, WallClock], Period | None]


def parse_period(text: str, clock: WallClock) -> Period:
    """Return the period that a text stands for.

    Raises: UsageError when it cannot be parsed or is out of range.
    """
    for parser in (parse_exact, _parse_words):
        if found := parser(text, clock):
            return found
    raise _unparsable(text)


def parse_span(text: str, clock: WallClock) -> Period:
    """Return the period from one time to another, or from a single time until now.

    Raises: UsageError when the text cannot be parsed or is out of range.
    """
    for parser in (parse_exact, _parse_words):
        if single := parser(text, clock):
            return Period(single.first, max(single.first, clock.now))
        if pair := _parse_pair(text, clock, parser):
            return pair
    raise _unparsable(text)


def parse_prefix(words: list[str], clock: WallClock) -> tuple[Period, int]:
    """Return the period at the start of a list of words, and the number of words it consists of.

    Raises: UsageError when the words do not start with a time, or it is out of range.
    """
    for parser in (parse_exact, _parse_words):
        for count in range(min(len(words), MAX_PREFIX_WORDS), 0, -1):
            if found := parser(" ".join(words[:count]), clock):
                return found, count
    raise _unparsable(words[0])


def parse_exact(text: str, clock: WallClock) -> Period | None:
    """Parse the unambiguous forms without dateparser; return None for any other text.

    Raises: UsageError when the time is out of range.
    """
    text = " ".join(text.lower().split())
    try:
        return _parse_relative(text, clock) or _parse_iso(re.sub(" ?utc$", "z", text), clock)
    except (OverflowError, OSError) as error:
        raise _out_of_range(text) from error


def _unparsable(text: str) -> UsageError:
    return UsageError(f"Cannot parse {text!r} as a time. Examples: 2h, yesterday, 2026-11-01 10:00.")


def _out_of_range(text: str) -> UsageError:
    return UsageError(f"{text} is out of range: a time lies between the years 1900 and 9998.")


def _parse_pair(text: str, clock: WallClock, parser: Parser) -> Period | None:
    """Parse two times, split at the first position where both parts can be parsed."""
    words = text.split()
    for cut in range(1, len(words)):
        one, other = parser(" ".join(words[:cut]), clock), parser(" ".join(words[cut:]), clock)
        if one and other:
            return Period(min(one.first, other.first), max(one.last, other.last))
    return None


def _parse_relative(text: str, clock: WallClock) -> Period | None:
    """Parse `now`, a duration such as `2h`, a time of day, and `yesterday 10:00`."""
    length = text.removesuffix(" ago")
    if text == "now" or is_duration(length):
        instant = (
            clock.now if text == "now" else clock.now - parse_duration(length) // timedelta(milliseconds=1)
        )
        return Period(instant, instant)
    name, _, time_of_day = text.partition(" ")
    day = clock.shown.date() - DAY * DAYS_AGO.get(name, 0)
    if name in DAYS_AGO and not time_of_day:
        return _between(clock, day, day + DAY)
    return _parse_time_of_day(time_of_day if name in DAYS_AGO else text, day, clock)


def _parse_time_of_day(text: str, day: date, clock: WallClock) -> Period | None:
    if not TIME_OF_DAY.fullmatch(text):
        return None
    try:
        parsed = time.fromisoformat(text if text[1] != ":" else f"0{text}")
    except ValueError:
        return None
    return _at(clock, datetime.combine(day, parsed))


def _parse_iso(text: str, clock: WallClock) -> Period | None:
    """Parse an ISO 8601 year, month, week, date or date and time."""
    if re.match(r"\d{4}/", text):
        text = text.replace("/", "-")
    try:
        return _parse_date(text, clock) or _parse_date_time(text, clock)
    except ValueError:
        return None


def _parse_date(text: str, clock: WallClock) -> Period | None:
    """Parse a year, month, week or day; return None for a date with a time.

    Raises: ValueError when there is no such date; OverflowError when it has no following day.
    """
    if YEAR.fullmatch(text):
        return _whole_year(date(int(text), 1, 1), clock)
    if MONTH.fullmatch(text):
        return _whole_month(date.fromisoformat(f"{text}-01"), clock)
    if len(text) > len("2026-W29-3"):
        return None
    day = date.fromisoformat(text.upper())
    return _between(clock, day, day + (7 * DAY if WEEK.fullmatch(text) else DAY))


def _parse_date_time(text: str, clock: WallClock) -> Period | None:
    """Parse a date and time, in the zone of the clock unless the text names another one."""
    if " " in text and ":" not in text:
        return None  # two dates: ISO 8601 would take the second one for the digits of a time
    parsed = datetime.fromisoformat(text.upper())
    if parsed.tzinfo is None:
        return _at(clock, parsed)
    instant = from_datetime(parsed)
    return Period(instant, instant)


def _parse_words(text: str, clock: WallClock) -> Period | None:
    """Parse English words with dateparser, which is imported on demand because it loads slowly."""
    if NUMERIC.fullmatch(text.strip()) or len(text.strip()) < len("may") or _has_foreign_digits(text):
        return None
    from dateparser.date import DateDataParser

    settings = {
        "TIMEZONE": "UTC",  # otherwise dateparser looks up the system's zone, and fails for TZ=UTC0
        "RETURN_TIME_AS_PERIOD": True,
        "RELATIVE_BASE": clock.shown,
        "PREFER_DATES_FROM": "past",
    }
    try:
        found = DateDataParser(languages=["en"], settings=settings).get_date_data(text)
        return None if found.date_obj is None else _to_period(found.date_obj, found.period, clock)
    except (OverflowError, ValueError) as error:
        raise _out_of_range(text) from error


def _has_foreign_digits(text: str) -> bool:
    """Return whether a text has digits, fractions or number letters other than those of ASCII."""
    return any(character.isnumeric() and not character.isascii() for character in text)


def _to_period(moment: datetime, precision: str, clock: WallClock) -> Period:
    """Return the period of a date; `precision` is `time`, `day`, `week`, `month` or `year`."""
    day = moment.date()
    match precision:
        case "time" if moment.tzinfo:
            return Period(from_datetime(moment), from_datetime(moment))
        case "time":
            return _at(clock, moment)
        case "week":
            monday = day - DAY * day.weekday()
            return _between(clock, monday, monday + 7 * DAY)
        case "month":
            return _whole_month(day, clock)
        case "year":
            return _whole_year(day, clock)
        case _:
            return _between(clock, day, day + DAY)


def _at(clock: WallClock, shown: datetime) -> Period:
    """Return the instant at which a clock shows a time, or both if it was set back."""
    shown = shown.replace(microsecond=shown.microsecond // 1000 * 1000)
    return Period(clock.first_instant(shown), clock.last_instant(shown))


def _between(clock: WallClock, start: date, end: date) -> Period:
    """Return the period from the start of a day to the end of the day before a later one.

    A clock that is set back across midnight shows the end of a day twice, the second time within
    the next day. Then the periods of both days overlap.
    """
    first, following = (datetime.combine(day, time.min) for day in (start, end))
    return Period(clock.first_instant(first), clock.last_instant(following - timedelta(milliseconds=1)))


def _whole_month(day: date, clock: WallClock) -> Period:
    start = day.replace(day=1)
    return _between(clock, start, (start + 31 * DAY).replace(day=1))


def _whole_year(day: date, clock: WallClock) -> Period:
    start = day.replace(month=1, day=1)
    return _between(clock, start, (start + 366 * DAY).replace(day=1))
