"""Upkeep of the search index, by the engine, after all work that clients wait for."""

import logging
from contextlib import suppress

from app.clock import Clock, Timer
from app.errors import StorageError
from app.services.ledger import Ledger

INDEX_BATCH_IDLE = 256  # events indexed at a time while no unit waits: takes a few milliseconds
INDEX_BATCH_BUSY = 4_096  # events indexed at a time under load: larger batches cost less per event
INDEX_MERGE_SECONDS = 0.25  # interval between merges of parts of the index

logger = logging.getLogger(__name__)


class IndexUpkeep:
    """Adds new events to the search index, and merges its parts."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._merge = Timer(clock, INDEX_MERGE_SECONDS)

    def run(self, min_events: int, now: float) -> None:
        """Index new events if there are at least `min_events`, and merge if it is time.

        `now` is in monotonic seconds.
        """
        try:
            self._ledger.extend_index(min_events)
        except StorageError as error:
            logger.warning("Cannot update the search index; new messages cannot be found yet: %s", error)
        if self._merge.due_at <= now:
            self._merge.restart()
            with suppress(StorageError):
                self._ledger.merge()
