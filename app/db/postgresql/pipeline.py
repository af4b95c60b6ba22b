"""Transactions whose statements are sent without waiting for each result.

Every answer that the engine waits for costs it a round trip to the database. In a transaction of a
`PipelinedConnection`, statements whose result is not needed, such as INSERT, are therefore queued
(libpq's pipeline mode). They are sent together with the next statement that returns rows or counts
them, or with the end of the transaction, which awaits all results and raises the first error.

A commit can be sent without waiting for it, and awaited on another thread. The next transaction can
be sent together with it, and then keeps the advisory lock of this one.

The driver would send each statement at once, which takes three system calls and wakes the session
of the database. `wait` therefore leaves a statement in the driver's queue, and `WholePipeline`
sends the queue as a whole, together with the message that ends it (Sync). Until the database has
that, it waits for further statements without any limit of time, and a process that was stopped in
between would keep the log's lock for as long.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Any, TypeVar, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.generators import send
from sqlalchemy import Connection

T = TypeVar("T")

_QUEUED = ("INSERT ", "SELECT pg_notify")


class PipelinedCursor(psycopg.Cursor[Any]):
    """A cursor that awaits the results of its statements only if they are needed."""

    connection: "PipelinedConnection"

    def execute(self, query: Any, params: Any = None, **options: Any) -> "PipelinedCursor":
        """Queue a statement; if its result is needed, await those of all that are queued.

        Raises: psycopg.Error, also of an earlier statement.
        """
        with self.connection.queuing():
            super().execute(query, params, **options)
        if not _is_queued(query):
            self.connection.await_results()
        return self


def _is_queued(query: object) -> bool:
    """Return whether the result of a statement is not needed before the end of its transaction."""
    return isinstance(query, str) and query.lstrip().startswith(_QUEUED) and "RETURNING" not in query


class WholePipeline(psycopg.Pipeline):
    """A pipeline that sends its queue and the Sync behind it in one piece."""

    _is_sent = False  # including the Sync that the next operation would send

    def send(self) -> None:
        """Send the queue and a Sync, as far as the socket has space, and await nothing."""
        while self.command_queue:
            self.command_queue.popleft()()
        super()._enqueue_sync()
        self.command_queue.popleft()()
        self._is_sent = True

    def _enqueue_sync(self) -> None:
        if not self._is_sent:
            self.send()
        self._is_sent = False

    def _communicate_gen(self) -> PQGen[None]:
        """Send what the socket had no space for; the driver would await results before that."""
        yield from send(self.pgconn)
        yield from super()._communicate_gen()


class PipelinedConnection(psycopg.Connection[Any]):
    """A connection in autocommit mode, whose transactions begin with BEGIN and are pipelined."""

    _pipeline: WholePipeline | None
    _pipeline_mode: AbstractContextManager[psycopg.Pipeline] | None = None  # until the transaction ends
    _is_queuing = False
    _kept_lock: int | None = None  # key of the lock that the session keeps for the next transaction
    _is_commit_sent = False

    def begin(self, lock: int | None) -> None:
        """Begin a pipelined transaction that takes an advisory lock, if the key of one is given.

        If that was done together with the last commit, go on in that transaction.
        """
        self._pipeline = WholePipeline(self)
        mode = self.pipeline()
        mode.__enter__()
        self._pipeline_mode = mode
        if self._kept_lock is None:
            self._begin(lock)
        self._kept_lock = None

    def _begin(self, lock: int | None) -> None:
        self._queue("BEGIN")
        if lock is not None:
            self._queue(f"SELECT pg_advisory_xact_lock({lock})")

    def _queue(self, statement: str) -> None:
        """Queue a statement without parameters or results, at a tenth of the cost of a cursor."""
        if self._pipeline is not None:
            command = partial(self.pgconn.send_query_params, statement.encode(), None)
            self._pipeline.command_queue.append(command)
            self._pipeline.result_queue.append(None)

    @contextmanager
    def queuing(self) -> Iterator[None]:
        """Leave the statements of the block in the queue, if the connection is in pipeline mode."""
        self._is_queuing = self._pipeline_mode is not None
        try:
            yield
        finally:
            self._is_queuing = False

    def wait(self, gen: PQGen[T], *args: Any, **options: Any) -> T:
        """Wait for an operation of the driver to complete, or end it where it would send.

        Raises: psycopg.Error.
        """
        if self._is_queuing:
            next(gen)
            gen.close()
            return cast(T, None)
        return super().wait(gen, *args, **options)

    def await_results(self) -> None:
        """Send all statements of the queue, and await their results.

        Raises: psycopg.Error of the first one that failed.
        """
        if self._pipeline is not None:
            self._pipeline.sync()

    def send_commit(self, kept_lock: int | None) -> None:
        """Send COMMIT without waiting for any result; `commit` awaits them, on any thread.

        With `kept_lock`, the key of an advisory lock of the transaction, the next transaction is
        begun at once, and takes the lock before other sessions can: between the two, the lock
        belongs to the session.
        """
        if kept_lock is not None:
            self._queue(f"SELECT pg_advisory_lock({kept_lock})")
        self._queue("COMMIT")
        if kept_lock is not None:
            self._begin(kept_lock)
            self._queue(f"SELECT pg_advisory_unlock({kept_lock})")
        self._is_commit_sent, self._kept_lock = True, kept_lock
        if self._pipeline is not None:
            with suppress(psycopg.Error):  # `commit` raises it
                self._pipeline.send()  # what the socket has no space for is sent by `commit`

    def commit(self) -> None:
        """Send COMMIT, unless it was sent, and await all results. After an error, roll back.

        Raises: psycopg.Error of the first statement that failed; if the connection was lost, the
            transaction may have been committed.
        """
        try:
            if self._pipeline_mode is not None:
                if not self._is_commit_sent:
                    self._queue("COMMIT")
                self._leave_pipeline_mode()
        except psycopg.Error:
            with suppress(psycopg.Error):
                self.rollback()
            raise
        finally:
            self._is_commit_sent = False

    def rollback(self) -> None:
        """Await all results, whatever they are, and roll back."""
        with suppress(psycopg.Error):
            self._leave_pipeline_mode()
        super().rollback()
        self._release_kept_lock()

    def _release_kept_lock(self) -> None:
        """Release the lock that was kept for the next transaction, if that was not begun."""
        lock, self._kept_lock = self._kept_lock, None
        if lock is not None:
            super().execute(f"SELECT pg_advisory_unlock({lock})")

    def close(self) -> None:
        """Close the connection. A transaction that is open is rolled back."""
        super().close()
        with suppress(psycopg.Error):
            self._leave_pipeline_mode()

    def _leave_pipeline_mode(self) -> None:
        mode, self._pipeline_mode = self._pipeline_mode, None
        if mode is not None:
            mode.__exit__(None, None, None)


def driver_connection(connection: Connection) -> PipelinedConnection:
    """Return the driver's connection behind one of the claim's engine."""
    return cast(PipelinedConnection, connection.connection.dbapi_connection)
