"""Converts the time on a wall clock to instants, across daylight saving time.

A clock that is set back shows some times twice; one that is set forward skips some. The first
instant of a time is that of its first occurrence, the last instant that of its last occurrence. A
skipped time stands for the moment at which the clock is set forward, so the order is kept.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from app.clock import from_datetime, to_datetime


@dataclass(frozen=True, slots=True)
class WallClock:
    """A clock in a time zone, as of an instant. A zone of None is that of the system.

    Its methods raise OverflowError or ValueError for times that cannot be represented.
    """

    now: int
    zone: tzinfo | None

    @property
    def shown(self) -> datetime:
        """The time that the clock shows now, as a naive datetime."""
        return self.time_at(self.now)

    def time_at(self, instant: int) -> datetime:
        """Return the time that the clock shows at an instant, as a naive datetime."""
        return to_datetime(instant).astimezone(self.zone).replace(tzinfo=None)

    def first_instant(self, shown: datetime) -> int:
        """Return the first instant at which the clock shows a time, or has skipped it."""
        earlier, later = self._find_instants(shown)
        return earlier if self._shows(shown, earlier) else self._find_change(shown, earlier, later)

    def last_instant(self, shown: datetime) -> int:
        """Return the last instant at which the clock shows a time, or is about to skip it."""
        earlier, later = self._find_instants(shown)
        return later if self._shows(shown, earlier) else self._find_change(shown, earlier, later) - 1

    def _find_instants(self, shown: datetime) -> list[int]:
        """Return the instants of a time with the offsets before and after a change, in order.

        Without a change (PEP 495), both are the same.
        """
        return sorted(self._to_instant(shown.replace(fold=fold)) for fold in (0, 1))

    def _to_instant(self, shown: datetime) -> int:
        aware = shown.astimezone(UTC) if self.zone is None else shown.replace(tzinfo=self.zone)
        return from_datetime(aware)

    def _shows(self, shown: datetime, instant: int) -> bool:
        return self.time_at(instant) == shown.replace(fold=0)

    def _find_change(self, skipped: datetime, earlier: int, later: int) -> int:
        """Return the instant between two at which the clock jumps past a time."""
        return earlier + bisect_left(range(earlier, later), skipped, key=self.time_at)
