"""Returns the space of removed rows, by the engine, after all work that clients wait for."""

import logging

from sqlalchemy import Connection

from app.clock import Clock
from app.db.fulltext import fulltext_of
from app.db.space import space_of
from app.errors import StorageError
from app.services.ledger.log_upkeep import LogUpkeep
from app.services.space import SHRINK_PAGES

MIN_FREE_PAGES = 256  # kept for new rows: 1 MiB
STEP_SECONDS = 0.25  # between two steps
RETRY_SECONDS = 10.0  # after an attempt to empty the write-ahead log while a reader needed it

logger = logging.getLogger(__name__)


class SpaceUpkeep:
    """After a removal: shrinks the database, then empties its write-ahead log."""

    def __init__(self, log: LogUpkeep, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._is_clean = False  # what the last server left is not known
        self._resume_at = 0.0  # monotonic seconds

    def request(self) -> None:
        """Note that rows were removed."""
        self._is_clean = False

    def run(self, now: float) -> None:
        """Make the next step if it is time. `now` is in monotonic seconds."""
        if self._is_clean or now < self._resume_at:
            return
        self._resume_at = now + STEP_SECONDS
        try:
            self._step()
        except StorageError as error:
            self._resume_at = now + RETRY_SECONDS
            logger.warning("Cannot return free space of the database; trying again later: %s", error)

    def _step(self) -> None:
        if self._log.inspect(_needs_merge):
            return  # the index still contains removed texts (`upkeep.index`)
        if self._log.inspect(_count_free_pages) > MIN_FREE_PAGES:
            self._log.maintain(_shrink)
        elif self._log.truncate_log():
            self._is_clean = True
        else:
            self._resume_at += RETRY_SECONDS


def _needs_merge(connection: Connection) -> bool:
    return fulltext_of(connection).needs_merge(connection)


def _count_free_pages(connection: Connection) -> int:
    return space_of(connection).count_free_pages(connection)


def _shrink(connection: Connection) -> None:
    space_of(connection).shrink(connection, SHRINK_PAGES)
