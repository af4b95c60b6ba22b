"""Erasure of accounts and rooms in short steps, after all work that clients wait for."""

import logging

from app.clock import Clock, Timer
from app.engine.world.world import World
from app.errors import StorageError
from app.services.ledger import Ledger

STEP_SECONDS = 0.05  # interval between two steps, each of which takes some milliseconds

logger = logging.getLogger(__name__)


class ErasureUpkeep:
    """Continues erasures until none are left, also those that another program began."""

    def __init__(self, world: World, ledger: Ledger, clock: Clock) -> None:
        self._world = world
        self._ledger = ledger
        self._step = Timer(clock, STEP_SECONDS)

    def run(self, now: float) -> None:
        """Take the next step, if it is time. `now` is in monotonic seconds."""
        if self._step.due_at > now:
            return
        self._step.restart()
        try:
            if not self._ledger.continue_erasure():
                self._world.end_erasing()
        except StorageError as error:
            logger.warning("Cannot continue to erase what was deleted; trying again: %s", error)
