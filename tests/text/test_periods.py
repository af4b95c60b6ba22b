"""Times as people type them, read on a clock in UTC."""

from collections.abc import Callable
from datetime import UTC, date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clock import from_iso, to_iso
from app.errors import UsageError
from app.text.local_time import WallClock
from app.text.periods import Period, parse_period, parse_prefix, parse_span
from tests.nasty_numbers import NASTY_TIMES

NOW = "2026-11-25T15:30:00.000Z"  # a Wednesday
CLOCK = WallClock(from_iso(NOW), UTC)
JULY_15 = ("2026-07-15", "2026-07-16")


DATES = {
    "2026-07-15": JULY_15,
    "20260715": JULY_15,
    "2026/07/15": JULY_15,
    "2026-W29-3": JULY_15,
    "2026W293": JULY_15,
    "2026-w29-3": JULY_15,
    "15 July 2026": JULY_15,
    "July 15": JULY_15,
    "2026-W29": ("2026-07-13", "2026-07-20"),
    "2026W29": ("2026-07-13", "2026-07-20"),
    "2026-W53": ("2026-12-28", "2027-01-04"),
    "2026-07": ("2026-07-01", "2026-08-01"),
    "2026-12": ("2026-12-01", "2027-01-01"),
    "july 2026": ("2026-07-01", "2026-08-01"),
    "July": ("2026-07-01", "2026-08-01"),
    "february 2024": ("2024-02-01", "2024-03-01"),
    "2026": ("2026-01-01", "2027-01-01"),
    "2024": ("2024-01-01", "2025-01-01"),
    "today": ("2026-11-25", "2026-11-26"),
    " Yesterday ": ("2026-11-24", "2026-11-25"),
    "last friday": ("2026-11-20", "2026-11-21"),
    "last week": ("2026-11-16", "2026-11-23"),
    "this week": ("2026-11-23", "2026-11-30"),
    "last month": ("2026-10-01", "2026-11-01"),
    "last year": ("2025-01-01", "2026-01-01"),
}
INSTANTS = {
    "now": NOW,
    "2h": "2026-11-25T13:30:00.000Z",
    "2 hours ago": "2026-11-25T13:30:00.000Z",
    "1h30m": "2026-11-25T14:00:00.000Z",
    "90 min": "2026-11-25T14:00:00.000Z",
    "3 weeks ago": "2026-11-04T15:30:00.000Z",
    "10:30": "2026-11-25T10:30:00.000Z",
    "9:05:07": "2026-11-25T09:05:07.000Z",
    "yesterday 10:00": "2026-11-24T10:00:00.000Z",
    "2026-07-15 10:00": "2026-07-15T10:00:00.000Z",
    "2026-07-15T10:00:05.123456": "2026-07-15T10:00:05.123Z",
    "20260715T1000": "2026-07-15T10:00:00.000Z",
    "2026-W29-3 10:00": "2026-07-15T10:00:00.000Z",
    "2026-07-15t10:00z": "2026-07-15T10:00:00.000Z",
    "2026-07-15 10:00 UTC": "2026-07-15T10:00:00.000Z",
    "2026-07-15T10:00+02:00": "2026-07-15T08:00:00.000Z",
    "last friday 10:00": "2026-11-20T10:00:00.000Z",
    "Jul 15 10:00": "2026-07-15T10:00:00.000Z",
}
REFUSED = [
    *("", " ", "soon", "whenever it was", "2026-13", "2026-13-01", "2026-02-30", "2026-W54", "2026-W00"),
    *("2026-W29-8", "2026-11-22 25:00", "25:00", "10:60", "202607", "1030", "12", "15", "15.07.2026"),
    *("03/04/2026", "07-15", "2026-07-15 foo", "a", "1795000000"),
]
OUT_OF_RANGE = [
    *("9999-12-31", "9999-12-31T23:59", "9999-12", "9999-W52", "99991231", "0001-01-01", "1066-10-14"),
    *("0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "99999999h", "4000 days ago"),
]


@pytest.mark.parametrize(("text", "days"), DATES.items())
def test_date_is_the_whole_period_in_every_spelling(text: str, days: tuple[str, str]) -> None:
    first, following = (from_iso(f"{day}T00:00:00Z") for day in days)
    assert parse_period(text, CLOCK) == Period(first, following - 1)


@pytest.mark.parametrize(("text", "instant"), INSTANTS.items())
def test_time_is_an_instant(text: str, instant: str) -> None:
    period = parse_period(text, CLOCK)
    assert to_iso(period.first) == to_iso(period.last) == instant


@pytest.mark.parametrize("text", REFUSED)
def test_text_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="Cannot parse"):
        parse_period(text, CLOCK)


@pytest.mark.parametrize("text", OUT_OF_RANGE)
def test_time_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is out of range"):
        parse_period(text, CLOCK)


@pytest.mark.parametrize("text", NASTY_TIMES.values(), ids=NASTY_TIMES)
@pytest.mark.parametrize("parse", [parse_period, parse_span, lambda text, clock: parse_prefix([text], clock)])
def test_numbers_that_are_not_times_are_refused(parse: Callable[[str, WallClock], object], text: str) -> None:
    with pytest.raises(UsageError):
        parse(text, CLOCK)


SPANS = [
    ("2h", "2026-11-25T13:30:00.000Z", NOW),
    ("yesterday", "2026-11-24T00:00:00.000Z", NOW),
    ("2026", "2026-01-01T00:00:00.000Z", NOW),
    ("2026-11-01 10:00 now", "2026-11-01T10:00:00.000Z", NOW),
    ("now 2h", "2026-11-25T13:30:00.000Z", NOW),
    ("2026-11-01 2026-11-02", "2026-11-01T00:00:00.000Z", "2026-11-02T23:59:59.999Z"),
    ("2026-11-02 2026-11-01", "2026-11-01T00:00:00.000Z", "2026-11-02T23:59:59.999Z"),
    ("2026-11-01 10:00 2026-11-02 12:00", "2026-11-01T10:00:00.000Z", "2026-11-02T12:00:00.000Z"),
    ("10:00 11:00", "2026-11-25T10:00:00.000Z", "2026-11-25T11:00:00.000Z"),
    ("2026-W29 20260715", "2026-07-13T00:00:00.000Z", "2026-07-19T23:59:59.999Z"),
    ("2026-07-15 2026", "2026-01-01T00:00:00.000Z", "2026-12-31T23:59:59.999Z"),
    ("20260715 20260716", "2026-07-15T00:00:00.000Z", "2026-07-16T23:59:59.999Z"),
    ("20260715 10:00 20260716", "2026-07-15T10:00:00.000Z", "2026-07-16T23:59:59.999Z"),
    ("2026-07 2026-W40", "2026-07-01T00:00:00.000Z", "2026-10-04T23:59:59.999Z"),
    ("1 November 2026", "2026-11-01T00:00:00.000Z", NOW),
    ("july 2025 august 2025", "2025-07-01T00:00:00.000Z", "2025-08-31T23:59:59.999Z"),
]


@pytest.mark.parametrize(("text", "first", "last"), SPANS)
def test_span_reaches_from_one_time_to_another_or_now(text: str, first: str, last: str) -> None:
    period = parse_span(text, CLOCK)
    assert (to_iso(period.first), to_iso(period.last)) == (first, last)


@pytest.mark.parametrize("one", [text for text in DATES if text[0] == "2"])
@pytest.mark.parametrize("other", [text for text in DATES if text[0] == "2"])
def test_two_dates_are_never_read_as_a_date_and_time(one: str, other: str) -> None:
    first, second = parse_period(one, CLOCK), parse_period(other, CLOCK)
    expected = Period(min(first.first, second.first), max(first.last, second.last))
    assert parse_span(f"{one} {other}", CLOCK) == expected


def test_prefix_is_the_longest_time() -> None:
    assert parse_prefix(["yesterday", "10:00", "tea"], CLOCK)[1] == 2
    assert parse_prefix(["3", "days", "ago", "tea"], CLOCK)[1] == 3
    assert parse_prefix(["2026", "tea"], CLOCK)[1] == 1
    with pytest.raises(UsageError, match="Cannot parse 'tea' as a time"):
        parse_prefix(["tea", "yesterday"], CLOCK)


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=20)
    | st.from_regex(r"\d{1,9} ?[smhdw]( ago)?", fullmatch=True)
    | st.from_regex(r"[0-9]{4}(-?[0-9W]{2,3}){0,3}([ T][0-9:]{2,8})?", fullmatch=True)
    | st.lists(st.sampled_from("last next friday may 2026 9999 ago year in 10:00 utc week".split())).map(
        " ".join
    )
)
def test_any_text_is_a_period_or_a_usage_error(text: str) -> None:
    try:
        period = parse_span(text, CLOCK)
    except UsageError:
        return
    assert period.first <= period.last


@given(st.dates(min_value=date(1901, 1, 1), max_value=date(9998, 12, 30)))
def test_spellings_of_a_day_agree(day: date) -> None:
    year, week, weekday = day.isocalendar()
    spellings = [
        f"{day:%Y-%m-%d}",
        f"{day:%Y%m%d}",
        f"{year}-W{week:02}-{weekday}",
        f"{year}W{week:02}{weekday}",
    ]
    first = from_iso(f"{day:%Y-%m-%d}T00:00:00Z")
    expected = Period(first, first + timedelta(days=1) // timedelta(milliseconds=1) - 1)
    assert {parse_period(text, CLOCK) for text in spellings} == {expected}
