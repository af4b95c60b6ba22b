"""Parses times on the command line, in UTC: `2026-11-22 12:00`, `yesterday`, `3 weeks ago`."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from app.clock import from_datetime, to_datetime
from app.errors import UsageError
from app.services.durations import is_duration, parse_duration

Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Start time, UTC: 2026-11-22, 2h, yesterday."),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="End time, UTC. A date includes the whole day."),
]

_MALFORMED_DATE = re.compile(r"\s*\d{4}-")  # a malformed date, which dateparser would misread
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MILLISECOND = timedelta(milliseconds=1)


def since(text: str | None, now: int) -> int | None:
    """Return the first instant of a period as a Unix timestamp in milliseconds.

    Raises: UsageError when the text cannot be parsed.
    """
    return None if text is None else from_datetime(_span(text, now)[0])


def until(text: str | None, now: int) -> int | None:
    """Return the last instant of a period as a Unix timestamp in milliseconds.

    Raises: UsageError when the text cannot be parsed.
    """
    return None if text is None else from_datetime(_span(text, now)[1])


def _span(text: str, now: int) -> tuple[datetime, datetime]:
    """Return the first and last instant of the period that a text denotes."""
    if is_duration(text):
        moment = to_datetime(now) - parse_duration(text)
        return moment, moment
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        if _MALFORMED_DATE.match(text):
            raise _unparsable(text) from error
        return _parse_words(text, to_datetime(now))
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return _whole_day(moment) if _DAY.fullmatch(text.strip()) else (moment, moment)


def _parse_words(text: str, now: datetime) -> tuple[datetime, datetime]:
    """Parse words with dateparser, which is imported on demand because it loads slowly."""
    from dateparser.date import DateDataParser

    settings = {
        "TIMEZONE": "UTC",
        "RETURN_AS_TIMEZONE_AWARE": True,
        "RETURN_TIME_AS_PERIOD": True,
        "RELATIVE_BASE": now.replace(tzinfo=None),
        "PREFER_DATES_FROM": "past",
    }
    found = DateDataParser(languages=["en"], settings=settings).get_date_data(text)
    if found.date_obj is None:
        raise _unparsable(text)
    moment: datetime = found.date_obj
    if found.period == "time":
        return moment, moment
    return _whole_month(moment) if found.period == "month" else _whole_day(moment)


def _unparsable(text: str) -> UsageError:
    return UsageError(
        f"Cannot parse {text!r} as a time. Examples: 2026-11-22, 2026-11-22 12:00, 2h, yesterday."
    )


def _whole_day(moment: datetime) -> tuple[datetime, datetime]:
    start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=1) - _MILLISECOND


def _whole_month(moment: datetime) -> tuple[datetime, datetime]:
    start = _whole_day(moment.replace(day=1))[0]
    return start, _whole_day(start + timedelta(days=31))[0].replace(day=1) - _MILLISECOND
