"""Extends the search index over new messages, after the commit that makes them visible."""

import time
from concurrent.futures import Future
from typing import Protocol

from sqlalchemy import Connection

from app.db.database import Database
from app.db.fulltext import fulltext_of
from app.db.space import space_of
from app.threads import run_on_thread

PAUSE_FACTOR = 3  # the pause after a step on a thread of its own, as a multiple of its duration


class Indexer(Protocol):
    """The index, as known to the engine: `end` is the position up to which it reaches."""

    end: int

    def extend(self, connection: Connection, last_id: int) -> None:
        """Take a step towards `last_id`. After a failure, `end` is `last_id`.

        Raises: SQLAlchemyError.
        """

    def close(self) -> None:
        """Wait for a step that is being taken."""


class ForegroundIndexer:
    """Extends the index on the engine's connection, in a transaction with the log's lock."""

    def __init__(self, end: int) -> None:
        self.end = end

    def extend(self, connection: Connection, last_id: int) -> None:
        """Take a step."""
        self.end = last_id
        with connection.begin():
            self.end = fulltext_of(connection).extend(connection)

    def close(self) -> None:
        """Do nothing: no step is being taken."""


class BackgroundIndexer:
    """Extends the index on a thread and a connection of its own, without the log's lock.

    The pauses leave most of the time of the database to the batches, even while many messages wait
    to be indexed.
    """

    def __init__(self, database: Database, end: int) -> None:
        self.end = end
        self._database = database
        self._step: Future[int] | None = None

    def extend(self, connection: Connection, last_id: int) -> None:
        """Begin a step, or note the result of the last one."""
        if self._step is None:
            self._step = run_on_thread("indexer", self._take_step)
        elif self._step.done():
            step, self._step = self._step, None
            self.end = last_id
            self.end = step.result()

    def _take_step(self) -> int:
        started = time.monotonic()
        with self._database.engine.connect() as connection, space_of(connection).begin_lazily(connection):
            end = fulltext_of(connection).extend(connection)
        time.sleep(PAUSE_FACTOR * (time.monotonic() - started))
        return end

    def close(self) -> None:
        """Wait for the step."""
        if self._step is not None:
            self._step.exception()


def make_indexer(database: Database, connection: Connection) -> Indexer:
    """Return the indexer that suits a database."""
    fulltext = fulltext_of(connection)
    end = fulltext.end(connection)
    return ForegroundIndexer(end) if fulltext.needs_log_lock else BackgroundIndexer(database, end)
