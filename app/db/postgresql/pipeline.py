"""Transactions whose statements are sent without waiting for each result.

Every answer that the engine waits for costs it a round trip to the database. In a transaction of a
`PipelinedConnection`, statements whose result is not needed, such as INSERT, are therefore only
sent (libpq's pipeline mode). Their results are awaited together, by the next statement that returns
rows or counts them, or by the end of the transaction, which then raises the first error.
"""

from contextlib import AbstractContextManager, suppress
from typing import Any

import psycopg

BEGIN, COMMIT = "BEGIN", "COMMIT"
_CALLS = ("SELECT pg_advisory_xact_lock", "SELECT pg_notify")
_SENT_ONLY = (BEGIN, COMMIT, *_CALLS, "INSERT ")


class PipelinedCursor(psycopg.Cursor[Any]):
    """A cursor that awaits the results of its statements only if they are needed."""

    connection: "PipelinedConnection"

    def execute(self, query: Any, params: Any = None, **options: Any) -> "PipelinedCursor":
        """Send a statement; if its result is needed, await those of all that were sent.

        Raises: psycopg.Error, also of an earlier statement.
        """
        if query == BEGIN:
            self.connection.enter_pipeline_mode()
        super().execute(query, params, **options)
        if _must_wait(query):
            self.connection.await_results()
        return self


def _must_wait(query: object) -> bool:
    return not (isinstance(query, str) and query.lstrip().startswith(_SENT_ONLY)) or "RETURNING" in query


class PipelinedConnection(psycopg.Connection[Any]):
    """A connection in autocommit mode, whose transactions begin with BEGIN and are pipelined."""

    _pipeline_mode: AbstractContextManager[psycopg.Pipeline] | None = None  # until the transaction ends

    def enter_pipeline_mode(self) -> None:
        """Begin to send statements without waiting, until the transaction ends."""
        mode = self.pipeline()
        mode.__enter__()
        self._pipeline_mode = mode

    def await_results(self) -> None:
        """Await the results of all statements that were sent.

        Raises: psycopg.Error of the first one that failed.
        """
        if self._pipeline is not None:
            self._pipeline.sync()

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
            mode.__exit__(None, None, None)
