"""Periods of the day: parsing, midnight and daylight saving time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import from_iso
from app.text.daily_periods import MINUTES_PER_DAY, DailyPeriod, parse_daily_period
from app.text.local_time import WallClock

BERLIN = ZoneInfo("Europe/Berlin")
minutes = st.integers(0, MINUTES_PER_DAY - 1)


def at(minute: int) -> datetime:
    """Return a time that a clock shows this many minutes after midnight."""
    return datetime(2026, 11, 22) + timedelta(minutes=minute)


def write(minute: int) -> str:
    """Return a minute of the day as a time."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@given(first=minutes, length=st.integers(1, MINUTES_PER_DAY - 1), offset=minutes)
def test_a_period_contains_the_minutes_after_its_start(first: int, length: int, offset: int) -> None:
    end = (first + length) % MINUTES_PER_DAY
    period = parse_daily_period(f"{write(first)}-{write(end)}")
    assert period.contains(at((first + offset) % MINUTES_PER_DAY)) == (offset < length)


@given(minute=minutes, cut=st.integers(1, MINUTES_PER_DAY - 1))
def test_two_halves_of_the_day_contain_each_minute_once(minute: int, cut: int) -> None:
    halves = [DailyPeriod(0, cut), DailyPeriod(cut, MINUTES_PER_DAY)]
    assert sum(half.contains(at(minute)) for half in halves) == 1


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("22:00-07:00", ["22:00", "23:59", "00:00", "06:59"], ["07:00", "21:59", "12:00"]),
        ("9:30-10:00", ["09:30", "09:59"], ["10:00", "09:29"]),
        ("22:00 - 24:00", ["22:00", "23:59"], ["00:00", "21:59"]),
        ("00:00–24:00", ["00:00", "12:00", "23:59"], []),
    ],
)
def test_a_period_may_cross_midnight(text: str, inside: list[str], outside: list[str]) -> None:
    period = parse_daily_period(text)
    assert all(period.contains(datetime.fromisoformat(f"2026-11-22T{time}")) for time in inside)
    assert not any(period.contains(datetime.fromisoformat(f"2026-11-22T{time}")) for time in outside)


@pytest.mark.parametrize(
    "text", ["", "22", "22:00", "22:00-7", "24:00-07:00", "22:60-07:00", "22:00-24:01", "٢٢:٠٠-٠٧:٠٠", "x"]
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be times of day such as 22:00-07:00"):
        parse_daily_period(text)


def test_an_empty_period_is_refused() -> None:
    with pytest.raises(ValueError, match="must be two different times"):
        parse_daily_period("07:00-07:00")


@pytest.mark.parametrize(
    ("instant", "is_inside"),
    [
        ("2026-10-25T00:00:00Z", True),  # 02:00 in summer time
        ("2026-10-25T00:59:59Z", True),
        ("2026-10-25T01:00:00Z", True),  # 02:00 again
        ("2026-10-25T01:59:59Z", True),
        ("2026-10-25T02:00:00Z", False),
        ("2026-03-29T00:59:59Z", False),  # 01:59:59, followed by 03:00
        ("2026-03-29T01:00:00Z", False),
    ],
)
def test_changes_of_the_clock_follow_what_it_shows(instant: str, is_inside: bool) -> None:
    shown = WallClock(from_iso(instant), BERLIN).shown
    assert parse_daily_period("02:00-03:00").contains(shown) is is_inside
