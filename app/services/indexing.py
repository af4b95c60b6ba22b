"""Extends the search index over new messages, after the commit that makes them visible."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import Event
from typing import Protocol

from sqlalchemy import Connection

from app.db.database import Database
from app.db.fulltext import fulltext_of
from app.db.log import get_last_id
from app.db.space import space_of
from app.threads import run_on_thread

ROUND_SECONDS = 0.5  # of steps on a thread of its own, before what they added is merged
PAUSE_FACTOR = 3  # the pause after a round, as a multiple of its duration


class Indexer(Protocol):
    """The index, as known to the engine: `end` is the position up to which it reaches."""

    end: int

    def extend(self, connect: Callable[[], Connection], last_id: int) -> None:
        """Take a step towards `last_id`. After a failure, `end` is `last_id`.

        `connect` returns the engine's connection, for a step in a transaction with the log's lock.

        Raises: SQLAlchemyError.
        """

    def close(self) -> None:
        """Wait for the current step to end."""


class ForegroundIndexer:
    """Extends the index on the engine's connection, in a transaction with the log's lock."""

    def __init__(self, end: int) -> None:
        self.end = end

    def extend(self, connect: Callable[[], Connection], last_id: int) -> None:
        """Take a step."""
        connection, self.end = connect(), last_id
        with connection.begin():
            self.end = fulltext_of(connection).extend(connection)

    def close(self) -> None:
        """Do nothing: each step ends before `extend` returns."""


class BackgroundIndexer:
    """Extends the index on a thread and a connection of its own, without the log's lock.

    The pauses leave most of the time of the database to the batches, even while many messages wait
    to be indexed.
    """

    def __init__(self, database: Database, end: int) -> None:
        self.end = end
        self._database = database
        self._round: Future[int] | None = None
        self._closing = Event()

    def extend(self, connect: Callable[[], Connection], last_id: int) -> None:
        """Begin a round of steps, or note the result of the last one."""
        if self._round is None:
            self._round = run_on_thread("indexer", self._take_round)
        elif self._round.done():
            finished, self._round = self._round, None
            self.end = last_id
            self.end = finished.result()

    def _take_round(self) -> int:
        started = time.monotonic()
        with self._database.engine.connect() as connection:
            end = _take_steps(connection, started + ROUND_SECONDS)
            with space_of(connection).begin_lazily(connection):
                fulltext_of(connection).flush(connection)
        self._closing.wait(PAUSE_FACTOR * (time.monotonic() - started))
        return end

    def close(self) -> None:
        """Wait for the current round to end, but not for the pause after it."""
        self._closing.set()
        if self._round is not None:
            self._round.exception()


def _take_steps(connection: Connection, deadline: float) -> int:
    """Index rows until the deadline, in monotonic seconds, or the end; return the new end."""
    previous, end = -1, 0
    while previous < end and time.monotonic() < deadline:
        with space_of(connection).begin_lazily(connection):
            previous, end = end, fulltext_of(connection).extend(connection)
    return end


def complete_index(database: Database) -> None:
    """Index all messages of a database that no server uses."""
    is_complete = False
    while not is_complete:
        with database.locked() as connection:
            is_complete = fulltext_of(connection).extend(connection) >= get_last_id(connection)


def make_indexer(database: Database, connection: Connection) -> Indexer:
    """Return the indexer that suits a database."""
    fulltext = fulltext_of(connection)
    end = fulltext.end(connection)
    return ForegroundIndexer(end) if fulltext.needs_log_lock else BackgroundIndexer(database, end)
