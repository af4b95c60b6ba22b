"""Erasure of accounts and rooms in short steps, after all work that clients wait for.

`chat-admin` leaves it to a running server. It takes steps itself if the server does not advance, so
the engine leaves an erasure to another program, or node, while that advances it.
"""

import logging
from collections.abc import Callable

from app.clock import Clock
from app.engine.upkeep.pace import Pace
from app.engine.world.world import World
from app.errors import StorageError
from app.services.erasure.steps import ErasurePhase, Progress
from app.services.ledger.log_upkeep import LogUpkeep

MIN_PAUSE_SECONDS = 0.03  # after a step
IDLE_SECONDS = 0.1  # for further steps, until a unit waits
ABANDONED_SECONDS = 1.0  # without a step of the program that took the last one

logger = logging.getLogger(__name__)


class ErasureUpkeep:
    """Continues erasures until none are left, also those that another program began.

    `has_waiting` says whether units wait.
    """

    def __init__(self, world: World, log: LogUpkeep, clock: Clock, has_waiting: Callable[[], bool]) -> None:
        self._world = world
        self._log = log
        self._clock = clock
        self._has_waiting = has_waiting
        self._pace = Pace(clock, MIN_PAUSE_SECONDS)
        self._seen: Progress | None = None  # at the last look, or after the last own step
        self._resume_at = 0.0  # monotonic seconds

    def run(self, is_idle: bool, now: float) -> None:
        """Take the next step, if it is time, and more while the engine has nothing else to do.

        `is_idle` says that no units have arrived; `now` is in monotonic seconds.
        """
        if not self._pace.is_due(now):
            return
        try:
            with self._pace.step(is_idle):
                if self._is_own_turn(self._log.find_erasure()):
                    self._take_steps(is_idle)
        except StorageError as error:
            logger.warning("Cannot continue to erase what was deleted; trying again: %s", error)

    def _is_own_turn(self, found: Progress | None) -> bool:
        """Return whether no other program takes the next step."""
        if found is None:
            self._world.end_erasing()
            return False
        if self._seen is not None and self._seen.erasure == found.erasure and self._seen != found:
            self._resume_at = self._clock.monotonic() + ABANDONED_SECONDS
        self._seen = found
        return self._world.is_leader and self._clock.monotonic() >= self._resume_at

    def _take_steps(self, is_idle: bool) -> None:
        end = self._clock.monotonic() + (IDLE_SECONDS if is_idle else 0.0)
        while True:
            self._seen = self._log.continue_erasure()
            if self._seen is None or self._seen.phase is ErasurePhase.FILES:
                return
            if self._has_waiting() or self._clock.monotonic() >= end:
                return
