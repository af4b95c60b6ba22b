"""Connections that close when the database does not answer in time.

The engine's thread must never wait long for a database that does not answer. If the statement that
was not answered is a COMMIT, its outcome is unknown.
"""

import time
from typing import Any, TypeVar, cast

import psycopg
from psycopg.abc import PQGen

from app.db.postgresql.pipeline import PipelinedConnection

ANSWER_SECONDS = 1.0  # how long the engine's thread waits for the next part of an answer
MAX_ANSWER_SECONDS = 16.0  # the limit doubles up to this while a batch is retried

T = TypeVar("T")


class AnswerLimit:
    """How long a connection may wait for the next part of an answer.

    The limit doubles with each expiry, so that a large batch on a slow database is stored in the
    end, and is reset by a commit.
    """

    def __init__(self) -> None:
        self.seconds = ANSWER_SECONDS

    def extend(self) -> None:
        """Double the limit after it has expired."""
        self.seconds = min(2 * self.seconds, MAX_ANSWER_SECONDS)

    def reset(self) -> None:
        """Return to the initial limit."""
        self.seconds = ANSWER_SECONDS


class BoundedConnection(PipelinedConnection):
    """A connection that closes when the database does not answer in time."""

    limit: AnswerLimit

    def wait(self, gen: PQGen[T], *args: Any, **options: Any) -> T:
        """Wait for an operation of the driver to complete.

        Raises: psycopg.OperationalError when the database does not answer in time.
        """
        return super().wait(gen if self._is_queuing else self._bounded(gen), *args, **options)

    def _bounded(self, operation: PQGen[T]) -> PQGen[T]:
        """Pass on what the driver waits for, until nothing has arrived for as long as the limit."""
        deadline = time.monotonic() + self.limit.seconds
        try:
            wanted = next(operation)
            while True:
                ready = yield wanted
                if ready:
                    deadline = time.monotonic() + self.limit.seconds
                elif time.monotonic() >= deadline:
                    self._give_up()
                wanted = operation.send(ready)
        except StopIteration as done:
            return cast(T, done.value)

    def _give_up(self) -> None:
        seconds = self.limit.seconds
        self.limit.extend()
        self.pgconn.finish()  # `close` would wait for the operation
        raise psycopg.OperationalError(f"PostgreSQL did not answer for {seconds:.0f} s")

    def commit(self) -> None:
        """Commit, and reset the limit."""
        super().commit()
        self.limit.reset()
