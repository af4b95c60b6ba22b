"""Periods of the day such as `22:00-07:00`, by the time that a clock shows.

A period refers to the time on the clock and not to instants. When the clock is set back, a time
that is shown twice belongs to the period both times; when it is set forward, one that is skipped
never does.
"""

import re
from dataclasses import dataclass
from datetime import datetime

MINUTES_PER_DAY = 24 * 60
_PERIOD = re.compile(r"(\d\d?):(\d\d) ?[-\u2013] ?(\d\d?):(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class DailyPeriod:
    """The minutes of a day from `first` up to but not including `end`, possibly across midnight."""

    first: int
    end: int

    def contains(self, shown: datetime) -> bool:
        """Return whether a time shown by a clock is within the period."""
        minute = shown.hour * 60 + shown.minute
        if self.first < self.end:
            return self.first <= minute < self.end
        return minute >= self.first or minute < self.end


def parse_daily_period(text: str) -> DailyPeriod:
    """Parse two times of day, of which the second may be 24:00.

    Raises: ValueError with the requirement that the text violates.
    """
    match = _PERIOD.fullmatch(text.strip())
    hour, minute, end_hour, end_minute = map(int, match.groups()) if match else (24, 0, 24, 0)
    first, end = hour * 60 + minute, end_hour * 60 + end_minute
    if minute >= 60 or end_minute >= 60 or first >= MINUTES_PER_DAY or end > MINUTES_PER_DAY:
        raise ValueError("must be times of day such as 22:00-07:00")
    if first == end:
        raise ValueError("must be two different times of day; 00:00-24:00 is the whole day")
    return DailyPeriod(first, end)
