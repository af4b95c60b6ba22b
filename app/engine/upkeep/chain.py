"""Extends the hash chain over older events, by the engine, after all work that clients wait for."""

import logging
from collections.abc import Callable

from app.clock import Clock
from app.errors import StorageError
from app.services.ledger.log_upkeep import LogUpkeep

MIN_STEP_EVENTS = 512  # added to the chain at a time: takes about 10 ms
IDLE_SECONDS = 0.1  # for further steps, until a unit waits

logger = logging.getLogger(__name__)


class ChainUpkeep:
    """Extends the chain until `Log.append` can extend it with each batch."""

    def __init__(self, log: LogUpkeep, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._last_id: int | None = None  # of the log, at the last step

    def run(self, is_idle: Callable[[], bool]) -> None:
        """Extend the chain by one step, and by more while the engine has nothing else to do."""
        end = self._clock.monotonic() + IDLE_SECONDS
        try:
            while not self._log.is_chained:
                self._log.extend_chain(self._next_step())
                if not is_idle() or self._clock.monotonic() >= end:
                    return
        except StorageError as error:
            logger.warning("Cannot extend the hash chain; the next attempt follows: %s", error)

    def _next_step(self) -> int:
        """Return how many events to add: more than were appended since, so that it catches up."""
        before, self._last_id = self._last_id, self._log.last_id
        return MIN_STEP_EVENTS if before is None else max(MIN_STEP_EVENTS, 2 * (self._last_id - before))
