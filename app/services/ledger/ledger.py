"""The engine's access to the log, whose commits need not be awaited at once.

`start_commit` sends a batch, and another thread awaits the answer. Meanwhile the engine may do
anything but use the connection: a query first awaits the commit. `finish_commit` returns how it
ended. A commit may *keep the lock* of the log: the next transaction is begun together with it, so
that nobody else can append in between, and the next batch needs no `open`.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.clock import Clock
from app.db.database import Database
from app.errors import NodeLost, StorageError
from app.events import Event
from app.services.ledger.log_writer import CommitInDoubt, LogWriter
from app.services.record import record_silently

T = TypeVar("T")


@dataclass(slots=True)
class PendingCommit:
    """A commit that was started, and its outcome, once that is known."""

    events: Sequence[Event]
    transient: Sequence[Event]
    keeps_lock: bool
    answer: "Future[None]"
    outcome: list[Event] | StorageError | None = None  # the rejected events, or the failure


class Ledger(LogWriter):
    """The log, with commits in the background. Belongs to the engine's thread.

    Raises: StorageError from any method when the database fails. The transaction is then rolled
        back, and the caller may retry.
    """

    def __init__(self, database: Database, clock: Clock, background: Executor | None = None) -> None:
        super().__init__(database, clock)
        self._background = background  # awaits commits, if they need not be awaited at once
        self._pending: PendingCommit | None = None

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query within the transaction; if the connection fails, once more on a new one.

        Events that other programs append in between make the commit fail, and it is retried.
        """
        try:
            return self._run(query)
        except SQLAlchemyError as error:
            if not self.database.dialect.is_transient_error(error):
                raise
            self.abort(error)
        try:
            return self._run(query)
        except SQLAlchemyError as error:
            raise self.abort(error) from error

    def _run(self, query: Callable[[Connection], T]) -> T:
        if self._pending is not None:
            self._conclude(self._pending)
        if self.connection.in_transaction():
            return query(self.connection)
        with self.connection.begin():
            return query(self.connection)

    @property
    def commits_in_background(self) -> bool:
        """Whether commits can be started without waiting for them."""
        return self._background is not None

    def start_commit(
        self,
        events: Sequence[Event],
        transient: Sequence[Event],
        keeps_lock: bool,
        on_answer: Callable[[], None],
    ) -> None:
        """Start to commit events as `commit` does. The transaction must be open.

        `on_answer` is called, possibly on another thread, when `finish_commit` need not wait. With
        `keeps_lock`, the log is then open for the next batch. Errors are raised by `finish_commit`.
        """
        assert self._background is not None
        self.is_kept_open = False
        try:
            self._send(events, transient, keeps_lock)
        except Exception as error:  # noqa: BLE001 - raised by `finish_commit`
            answer: Future[None] = Future()
            answer.set_exception(error)
        else:
            answer = self._background.submit(self.connection.commit)
        self._pending = PendingCommit(events, transient, keeps_lock, answer)
        answer.add_done_callback(lambda _: on_answer())

    def _send(self, events: Sequence[Event], transient: Sequence[Event], keeps_lock: bool) -> None:
        self._require_continuity()
        record_silently(self.connection, self.log, events)
        self._in_doubt = CommitInDoubt(events, [])
        self._publish(events, transient)
        self.database.dialect.send_commit(self.connection, keeps_lock)

    @property
    def keeps_lock(self) -> bool:
        """Whether the commit that was started keeps the log's lock."""
        return self._pending is not None and self._pending.keeps_lock

    @property
    def is_answered(self) -> bool:
        """Whether `finish_commit` need not wait."""
        return self._pending is not None and self._pending.answer.done()

    def finish_commit(self) -> list[Event]:
        """Await the commit that was started; return the events that the database rejected.

        Raises: StorageError, as `commit` does.
        """
        assert self._pending is not None
        outcome = self._conclude(self._pending)
        self._pending = None
        if isinstance(outcome, StorageError):
            raise outcome
        return outcome

    def _conclude(self, pending: PendingCommit) -> list[Event] | StorageError:
        """Await a commit, and return how it ended."""
        if pending.outcome is None:
            try:
                pending.outcome = self._await(pending)
            except SQLAlchemyError as error:
                pending.outcome = self.abort(error)
            except StorageError as error:
                pending.outcome = error
        return pending.outcome

    def _await(self, pending: PendingCommit) -> list[Event]:
        """Await a commit; if a row was rejected, record the events singly, and commit those."""
        rejected: list[Event] = []
        try:
            pending.answer.result()
        except NodeLost:
            raise
        except Exception as error:
            if self.database.dialect.is_transient_error(error):
                raise
            rejected = self._store_singly(pending.events, pending.transient)
        else:
            if pending.keeps_lock:
                self._keep_open()
        self._mark_stored(pending.events)
        return rejected

    def _keep_open(self) -> None:
        """Go on in the transaction begun with the last commit, unless others have appended."""
        self.connection.begin()
        self.is_kept_open = True
        if self.database.dialect.version(self.connection) != self._version:
            self.release_lock()

    def close(self) -> None:
        """Return the connection to the pool."""
        if self.indexer is not None:
            self.indexer.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
