"""Upkeep of the log: its search index, its hash chain, erasures and the space that it takes."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.clock import Clock
from app.db.chain.build import extend_chain
from app.db.fulltext import fulltext_of
from app.db.space import space_of
from app.services.erasure.steps import ErasurePhase, Progress, advance, find_progress, finish
from app.services.ledger.ledger import Ledger

T = TypeVar("T")


class LogUpkeep:
    """Work on the log between its batches, on the same connection.

    Raises: StorageError from any method when the database fails; LeaseExpired from those that write
        when this node was removed.
    """

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    @property
    def last_id(self) -> int:
        """The id of the last event read or committed."""
        return self._ledger.last_id

    @property
    def unindexed(self) -> int:
        """The number of events that the search index does not reach."""
        return 0 if self._ledger.indexer is None else self._ledger.last_id - self._ledger.indexer.end

    def extend_index(self, min_events: int) -> None:
        """Index new messages if at least `min_events` events are not indexed yet.

        After a failure, the next attempt waits for another `min_events` events.
        """
        if self._ledger.indexer is None or self.unindexed < min_events:
            return
        try:
            self._ledger.indexer.extend(lambda: self._ledger.idle_connection, self._ledger.last_id)
        except SQLAlchemyError as error:
            raise self._ledger.abort(error) from error

    @property
    def is_chained(self) -> bool:
        """Whether the hash chain is known to reach the end of the log."""
        return self._ledger.log.is_chained

    def extend_chain(self, max_events: int) -> None:
        """Extend the hash chain over the next events, unless it reaches the end of the log."""
        try:
            with self._ledger.writing():
                if not self._ledger.log.find_chain(self._ledger.connection):
                    extend_chain(self._ledger.connection, self._clock, max_events)
        except SQLAlchemyError as error:
            raise self._ledger.abort(error) from error

    def find_erasure(self) -> Progress | None:
        """Return the progress of the oldest erasure, or None, without taking the log's lock."""
        try:
            with self._ledger.unlocked() as connection, connection.begin():
                return find_progress(connection)
        except SQLAlchemyError as error:
            raise self._ledger.abort(error) from error

    def continue_erasure(self) -> Progress | None:
        """Take the next steps of the oldest erasure; return its progress, or None without one."""
        progress = self.maintain(advance)
        if progress is not None and progress.phase is ErasurePhase.FILES and self._purge_files():
            self._finish_erasure(progress.erasure)
        return progress

    def _finish_erasure(self, erasure: int) -> None:
        try:
            with self._ledger.writing():
                finish(self._ledger.connection, self._clock, erasure)
        except SQLAlchemyError as error:
            raise self._ledger.abort(error) from error

    def _purge_files(self) -> bool:
        """Remove erased text from the files; return False if that is not possible yet."""
        if fulltext_of(self._ledger.idle_connection).needs_merge(self._ledger.connection):
            return False  # `merge` goes on with it
        return self.truncate_log()

    def truncate_log(self) -> bool:
        """Empty the database's own log of changes; return False if a reader needs it."""
        return self.inspect(self._ledger.database.dialect.truncate_log)

    def maintain(self, work: Callable[[Connection], T]) -> T:
        """Do maintenance in a transaction of its own, whose commit does not wait for the disk."""
        try:
            with space_of(self._ledger.idle_connection).begin_lazily(self._ledger.connection):
                self._ledger.require_membership()
                return work(self._ledger.connection)
        except SQLAlchemyError as error:
            raise self._ledger.abort(error) from error

    def inspect(self, work: Callable[[Connection], T]) -> T:
        """Do work on the connection that begins no transaction."""
        try:
            return work(self._ledger.connection)
        except SQLAlchemyError as error:
            raise self._ledger.abort(error) from error
