"""Counters in memory shared by the worker processes.

Each worker writes only its own counters and reads all of them, so no lock is needed.
"""

from enum import IntEnum
from multiprocessing.sharedctypes import RawArray
from typing import Any


class SharedCount(IntEnum):
    """The counters of a worker."""

    EXPECTED = 0  # deliveries expected from the messages sent
    RECEIVED = 1  # deliveries of messages
    READY = 2  # connections that reached the state a scenario requires
    LOST = 3  # connections that ended before they were ready
    DONE = 4  # 1 once the worker has sent everything


class SharedCounters:
    """The counters of all workers."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._cells: Any = RawArray("q", workers * len(SharedCount))

    def clear(self) -> None:
        """Reset all counters."""
        for cell in range(len(self._cells)):
            self._cells[cell] = 0

    def add(self, worker: int, count: SharedCount, amount: int = 1) -> None:
        """Increment a counter of a worker; called only by that worker."""
        self._cells[worker * len(SharedCount) + count] += amount

    def total(self, count: SharedCount) -> int:
        """Return the sum over all workers."""
        return sum(self._cells[worker * len(SharedCount) + count] for worker in range(self._workers))
