"""Measurements of the engine, written by the engine's thread and readable from any thread."""

from bisect import bisect_left
from collections.abc import Sequence

BATCH_EVENTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
COMMIT_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Histogram:
    """Counts measurements in buckets with upper bounds."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def record(self, value: float) -> None:
        """Record a measurement."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    @property
    def cumulative(self) -> list[tuple[float, int]]:
        """The cumulative count for each upper bound; the last bound is infinity."""
        total, buckets = 0, []
        for bound, count in zip((*self._bounds, float("inf")), self._counts, strict=True):
            total += count
            buckets.append((bound, total))
        return buckets


class Meter:
    """The engine's measurements since it started."""

    def __init__(self) -> None:
        self.batches = Histogram(BATCH_EVENTS)  # events per commit
        self.commits = Histogram(COMMIT_SECONDS)  # seconds per commit
        self.opens = Histogram(COMMIT_SECONDS)  # seconds until the log was open
        self.failures = 0  # failed commits
