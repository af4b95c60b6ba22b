"""Transactions whose statements are sent without waiting for each result.

Every answer that the engine waits for costs it a round trip to the database. In a transaction of a
`PipelinedConnection`, statements whose result is not needed, such as INSERT, are therefore queued
(libpq's pipeline mode). They are sent together with the next statement that returns rows or counts
them, or with the end of the transaction, which awaits all results and raises the first error.

The driver would send each statement at once, which takes three system calls and wakes the session
of the database. `wait` therefore leaves a statement in the driver's queue, and `await_results`
passes the queue to libpq, which sends it as a whole.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, TypeVar, cast

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")

BEGIN, COMMIT = "BEGIN", "COMMIT"
_CALLS = ("SELECT pg_advisory_xact_lock", "SELECT pg_notify")
_QUEUED = (BEGIN, COMMIT, *_CALLS, "INSERT ")


class PipelinedCursor(psycopg.Cursor[Any]):
    """A cursor that awaits the results of its statements only if they are needed."""

    connection: "PipelinedConnection"

    def execute(self, query: Any, params: Any = None, **options: Any) -> "PipelinedCursor":
        """Queue a statement; if its result is needed, await those of all that are queued.

        Raises: psycopg.Error, also of an earlier statement.
        """
        if query == BEGIN:
            self.connection.enter_pipeline_mode()
        with self.connection.queuing():
            super().execute(query, params, **options)
        if not _is_queued(query):
            self.connection.await_results()
        return self


def _is_queued(query: object) -> bool:
    """Return whether the result of a statement is not needed before the end of its transaction."""
    return isinstance(query, str) and query.lstrip().startswith(_QUEUED) and "RETURNING" not in query


class PipelinedConnection(psycopg.Connection[Any]):
    """A connection in autocommit mode, whose transactions begin with BEGIN and are pipelined."""

    _pipeline_mode: AbstractContextManager[psycopg.Pipeline] | None = None  # until the transaction ends
    _is_queuing = False

    def enter_pipeline_mode(self) -> None:
        """Begin to send statements without waiting, until the transaction ends."""
        mode = self.pipeline()
        mode.__enter__()
        self._pipeline_mode = mode

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
            self._pass_queue()
            self._pipeline.sync()

    def _pass_queue(self) -> None:
        queue = self._pipeline.command_queue if self._pipeline is not None else ()
        while queue:
            queue.popleft()()

    def commit(self) -> None:
        """Send COMMIT and await all results. After an error, the transaction is rolled back.

        Raises: psycopg.Error of the first statement that failed; if the connection was lost, the
            transaction may have been committed.
        """
        try:
            if self._pipeline_mode is not None:
                self.execute(COMMIT, prepare=False)
                self._leave_pipeline_mode()
        except psycopg.Error:
            with suppress(psycopg.Error):
                self.rollback()
            raise

    def rollback(self) -> None:
        """Await all results, whatever they are, and roll back."""
        with suppress(psycopg.Error):
            self._leave_pipeline_mode()
        super().rollback()

    def close(self) -> None:
        """Close the connection. A transaction that is open is rolled back."""
        super().close()
        with suppress(psycopg.Error):
            self._leave_pipeline_mode()

    def _leave_pipeline_mode(self) -> None:
        mode, self._pipeline_mode = self._pipeline_mode, None
        if mode is not None:
            self._pass_queue()
            mode.__exit__(None, None, None)
