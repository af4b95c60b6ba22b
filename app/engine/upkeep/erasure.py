"""Erasure of accounts and rooms in short steps, after all work that clients wait for."""

import logging
from collections.abc import Callable

from app.clock import Clock, Timer
from app.engine.world.world import World
from app.errors import StorageError
from app.services.erasure.steps import ErasurePhase
from app.services.ledger import Ledger

STEP_SECONDS = 0.05  # interval of steps, of some milliseconds each, while units wait
IDLE_SECONDS = 0.1  # for further steps, until a unit waits

logger = logging.getLogger(__name__)


class ErasureUpkeep:
    """Continues erasures until none are left, also those that another program began."""

    def __init__(self, world: World, ledger: Ledger, clock: Clock) -> None:
        self._world = world
        self._ledger = ledger
        self._clock = clock
        self._step = Timer(clock, STEP_SECONDS)

    def run(self, is_idle: Callable[[], bool]) -> None:
        """Take the next step, if it is time, and more while the engine has nothing else to do."""
        if not self._step.restart_if_due():
            return
        end = self._clock.monotonic() + IDLE_SECONDS
        try:
            while self._take_step():
                if not is_idle() or self._clock.monotonic() >= end:
                    return
        except StorageError as error:
            logger.warning("Cannot continue to erase what was deleted; trying again: %s", error)

    def _take_step(self) -> bool:
        """Take the next step; return whether another one can follow at once."""
        phase = self._ledger.continue_erasure()
        if phase is None:
            self._world.end_erasing()
        return phase not in (None, ErasurePhase.FILES)
