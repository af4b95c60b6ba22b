"""Local times across daylight saving time: what the clock showed in a period is in the period."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clock import from_iso, to_iso
from app.text.local_time import WallClock
from app.text.periods import parse_period, parse_span

NOVEMBER = from_iso("2026-11-25T15:30:00Z")
BERLIN = WallClock(NOVEMBER, ZoneInfo("Europe/Berlin"))
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # half an hour
    "America/Havana",  # at midnight
    "Asia/Beirut",  # at midnight
    "Pacific/Apia",  # skipped a day in 2011
    "Africa/Casablanca",  # negative in Ramadan
    "Asia/Kolkata",
    "UTC",
]
HOUR = 3_600_000
zones = st.sampled_from(ZONES).map(lambda name: WallClock(NOVEMBER, ZoneInfo(name)))
instants = st.integers(from_iso("2005-01-01T00:00:00Z"), from_iso("2030-01-01T00:00:00Z"))


def near_change(name: str) -> list[int]:
    """Return the instants at which the offset of a zone changes, to the hour."""
    zone = ZoneInfo(name)
    hours = range(from_iso("2010-01-01T00:00:00Z"), from_iso("2014-01-01T00:00:00Z"), HOUR)
    offsets = [datetime.fromtimestamp(hour / 1000, zone).utcoffset() for hour in hours]
    return [hour for hour, one, other in zip(hours, offsets, offsets[1:], strict=False) if one != other]


CHANGES = {name: changes for name in ZONES if (changes := near_change(name))}


@st.composite
def clocks_and_instants(draw: st.DrawFn) -> tuple[WallClock, int]:
    """Return a clock, and an instant that is within hours of a change half of the time."""
    if draw(st.booleans()):
        return draw(zones), draw(instants)
    name = draw(st.sampled_from(sorted(CHANGES)))
    change = draw(st.sampled_from(CHANGES[name]))
    return WallClock(NOVEMBER, ZoneInfo(name)), change + draw(st.integers(-30 * HOUR, 30 * HOUR))


@settings(max_examples=300)
@given(clocks_and_instants())
def test_shown_time_is_between_its_first_and_last_instant(drawn: tuple[WallClock, int]) -> None:
    clock, instant = drawn
    shown = clock.time_at(instant)
    assert clock.first_instant(shown) <= instant <= clock.last_instant(shown)
    assert clock.time_at(clock.first_instant(shown)) == clock.time_at(clock.last_instant(shown)) == shown


@settings(max_examples=300)
@given(clocks_and_instants(), st.integers(-30 * 60, 30 * 60))
def test_later_time_never_has_an_earlier_instant(drawn: tuple[WallClock, int], minutes: int) -> None:
    clock, instant = drawn
    one = clock.time_at(instant) + timedelta(minutes=minutes)  # may be a skipped time
    other = one + timedelta(minutes=10)
    assert clock.first_instant(one) <= clock.first_instant(other)
    assert clock.last_instant(one) <= clock.last_instant(other)


@settings(max_examples=300)
@given(clocks_and_instants())
def test_message_is_found_on_the_day_that_is_shown(drawn: tuple[WallClock, int]) -> None:
    clock, instant = drawn
    period = parse_period(f"{clock.time_at(instant):%Y-%m-%d}", clock)
    assert period.first <= instant <= period.last


@settings(max_examples=300)
@given(clocks_and_instants())
def test_days_follow_one_another_without_a_gap(drawn: tuple[WallClock, int]) -> None:
    clock, instant = drawn
    day: date = clock.time_at(instant).date()
    period, following = (parse_period(f"{it:%Y-%m-%d}", clock) for it in (day, day + timedelta(days=1)))
    assert following.first <= period.last + 1


def test_days_overlap_where_the_clock_is_set_back_across_midnight() -> None:
    clock = WallClock(NOVEMBER, ZoneInfo("America/St_Johns"))  # at 00:01 to 23:01
    before, after = parse_period("2010-11-06", clock), parse_period("2010-11-07", clock)
    assert (to_iso(before.first), to_iso(before.last)) == (
        "2010-11-06T02:30:00.000Z",
        "2010-11-07T03:29:59.999Z",
    )
    assert (to_iso(after.first), to_iso(after.last)) == (
        "2010-11-07T02:30:00.000Z",
        "2010-11-08T03:29:59.999Z",
    )


def test_other_days_do_not_overlap() -> None:
    for day, following in (("2026-03-28", "2026-03-29"), ("2026-10-25", "2026-10-26")):
        assert parse_period(day, BERLIN).last + 1 == parse_period(following, BERLIN).first


def span(text: str, clock: WallClock = BERLIN) -> list[str]:
    """Return the first and last instant of a span."""
    period = parse_span(text, clock)
    return [to_iso(period.first), to_iso(period.last)]


def test_summer_time_is_used_for_a_day_in_summer() -> None:
    shown = BERLIN.time_at(from_iso("2026-07-15T08:30:00Z"))
    assert shown == datetime(2026, 7, 15, 10, 30)
    assert span("2026-07-15 10:00 2026-07-15 11:00") == [
        "2026-07-15T08:00:00.000Z",
        "2026-07-15T09:00:00.000Z",
    ]
    assert span("2026-07 2026-07") == ["2026-06-30T22:00:00.000Z", "2026-07-31T21:59:59.999Z"]


def test_hour_that_the_clock_shows_twice_is_searched_twice() -> None:
    assert span("2026-10-25 02:00 2026-10-25 02:59") == [
        "2026-10-25T00:00:00.000Z",
        "2026-10-25T01:59:00.000Z",
    ]
    assert span("2026-10-25 2026-10-25") == ["2026-10-24T22:00:00.000Z", "2026-10-25T22:59:59.999Z"]


def test_skipped_hour_stands_for_the_change() -> None:
    assert span("2026-03-29 02:30 2026-03-29 03:10") == [
        "2026-03-29T01:00:00.000Z",
        "2026-03-29T01:10:00.000Z",
    ]
    assert span("2026-03-29 01:50 2026-03-29 02:30") == [
        "2026-03-29T00:50:00.000Z",
        "2026-03-29T00:59:59.999Z",
    ]


def test_english_words_use_the_offset_of_their_date() -> None:
    assert span("15 july 2026 10:00 15 july 2026 11:00") == [
        "2026-07-15T08:00:00.000Z",
        "2026-07-15T09:00:00.000Z",
    ]


@contextmanager
def system_zone(name: str) -> Iterator[None]:
    """Set the time zone of the system."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "TZ", name)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("name", ZONES)
def test_zone_of_the_system_is_used_like_a_named_zone(name: str) -> None:
    texts = [
        "2026-07-15",
        "2026-03-29 02:30",
        "2026-10-25 02:30",
        "2026-03-08 02:30",
        "2026-11-01 01:30",
        "2011-12-30",
        "yesterday 10:00",
    ]
    expected = [parse_period(text, WallClock(NOVEMBER, ZoneInfo(name))) for text in texts]
    with system_zone(name):
        assert [parse_period(text, WallClock(NOVEMBER, None)) for text in texts] == expected


def test_clock_in_utc_shows_utc() -> None:
    assert WallClock(NOVEMBER, UTC).shown == datetime(2026, 11, 25, 15, 30)
