"""What the worker processes of a benchmark know of each other: counters in shared memory.

Each worker writes its own column and reads all of them, so nobody needs a lock.
"""

from enum import IntEnum
from multiprocessing.sharedctypes import RawArray
from typing import Any


class Count(IntEnum):
    """What is counted."""

    EXPECTED = 0  # deliveries that the messages sent should make
    RECEIVED = 1  # deliveries of messages
    READY = 2  # connections that are where a scenario wants them
    LOST = 3  # connections that ended before that
    DONE = 4  # 1 when the worker sends nothing more


class Board:
    """The counters of all workers."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._cells: Any = RawArray("q", workers * len(Count))

    def clear(self) -> None:
        """Begin to count anew."""
        for cell in range(len(self._cells)):
            self._cells[cell] = 0

    def add(self, worker: int, count: Count, amount: int = 1) -> None:
        """Count for a worker; only that worker may."""
        self._cells[worker * len(Count) + count] += amount

    def total(self, count: Count) -> int:
        """Return what all workers have counted."""
        return sum(self._cells[worker * len(Count) + count] for worker in range(self._workers))
