"""The queue of units that readers have submitted to the engine."""

from collections.abc import Iterator
from queue import Empty, SimpleQueue

from app.engine.delivery.client import Client
from app.engine.delivery.sink import NullSink
from app.engine.submission_unit import SubmissionUnit

_WAKE_UP = SubmissionUnit(Client(NullSink(), "", False, 0.0), ())  # wakes the engine, and is not run
MAX_BATCH_STEPS = 10_000  # a batch with this many steps is full; other units wait for the next one


class SubmissionQueue:
    """Units in the order of their submission. `put`, `wake`, `end` and `drain` are thread-safe."""

    def __init__(self) -> None:
        self._units: SimpleQueue[SubmissionUnit | None] = SimpleQueue()  # None marks the end

    def __len__(self) -> int:
        return self._units.qsize()

    def put(self, unit: SubmissionUnit) -> None:
        """Append a unit."""
        self._units.put(unit)

    def wake(self) -> None:
        """Let `gather` return, even without any units."""
        self._units.put(_WAKE_UP)

    def end(self) -> None:
        """Let `gather` report the end after the units that are waiting now."""
        self._units.put(None)

    def gather(self, timeout: float) -> tuple[list[SubmissionUnit], bool]:
        """Return the units of a batch, and whether the queue continues.

        Wait at most `timeout` seconds for the first unit, and for no other.
        """
        units: list[SubmissionUnit] = []
        steps = 0
        try:
            unit = self._units.get(timeout=timeout)
            while unit is not None:
                if unit is not _WAKE_UP:
                    units.append(unit)
                    steps += len(unit.steps)
                if steps >= MAX_BATCH_STEPS:
                    return units, True
                unit = self._units.get_nowait()
        except Empty:
            return units, True
        return units, False

    def drain(self) -> Iterator[SubmissionUnit]:
        """Remove and yield all units."""
        while True:
            try:
                unit = self._units.get_nowait()
            except Empty:
                return
            if unit is not None and unit is not _WAKE_UP:
                yield unit
