"""Upkeep of the search index, by the engine, after all work that clients wait for."""

import logging
from contextlib import suppress

from sqlalchemy import Connection

from app.clock import Clock
from app.db.fulltext import fulltext_of
from app.engine.upkeep.pace import Pace
from app.errors import StorageError
from app.services.ledger.log_upkeep import LogUpkeep

INDEX_BATCH_IDLE = 256  # events indexed at a time while no unit waits: takes a few milliseconds
INDEX_BATCH_BUSY = 4_096  # events indexed at a time under load: larger batches cost less per event
INDEX_BATCH_MERGING = 65_536  # events indexed at a time before removed texts are purged
MIN_MERGE_PAUSE_SECONDS = 0.03  # between merges of parts of the index
MERGED_PAGES_IDLE = 100  # at a time: takes about 20 ms
MERGED_PAGES_BUSY = 10

logger = logging.getLogger(__name__)


class IndexUpkeep:
    """Adds new events to the search index, and merges its parts."""

    def __init__(self, log: LogUpkeep, clock: Clock) -> None:
        self._log = log
        self._pace = Pace(clock, MIN_MERGE_PAUSE_SECONDS)

    def extend(self, is_busy: bool) -> None:
        """Index new events if there are enough; under load, in larger batches.

        What is added to the index during a merge begins the merge again, so more is left for later.
        """
        least = INDEX_BATCH_BUSY if is_busy else INDEX_BATCH_IDLE
        try:
            if self._log.unindexed >= least and self._log.inspect(_needs_merge):
                least = INDEX_BATCH_MERGING
            self._log.extend_index(least)
        except StorageError as error:
            logger.warning("Cannot update the search index; new messages cannot be found yet: %s", error)

    def merge(self, is_idle: bool, now: float) -> bool:
        """Merge parts of the index if it is time and something was removed; return whether it was.

        `is_idle` says that no units have arrived; `now` is in monotonic seconds.
        """
        if not self._pace.is_due(now):
            return False
        pages = MERGED_PAGES_IDLE if is_idle else MERGED_PAGES_BUSY
        with suppress(StorageError), self._pace.step(is_idle):
            if self._log.inspect(_needs_merge):
                self._log.maintain(lambda connection: fulltext_of(connection).merge(connection, pages))
                return True
        return False


def _needs_merge(connection: Connection) -> bool:
    return fulltext_of(connection).needs_merge(connection)
