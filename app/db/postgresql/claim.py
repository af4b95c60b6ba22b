"""The claim of a server on a PostgreSQL database: a lock of the session that commits.

Only connections of the claim's engine append to the log of a running server, and each of them takes
the claim before anything else. Its advisory lock belongs to the session, so a session that ends
loses the claim and its transaction together: a server without the claim cannot commit.

The engine's thread must never wait long for a database that does not answer. Connecting, which may
resolve a name and negotiate TLS, therefore has a thread of its own, and a statement that is not
answered in time closes its connection. If that was a COMMIT, its outcome is unknown.
"""

import secrets
import time
from concurrent.futures import Future
from typing import Any, TypeVar, cast

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, DontWrapMixin

from app.errors import ClaimLost, DatabaseRefused
from app.threads import run_on_thread

CLAIM_LOCK = (0x63686174, 1)  # keys of the advisory lock: "chat" in ASCII, and the claim's number
CLAIM_WAIT_SECONDS = 5.0  # for the session of a killed server to end
CLAIM_RETRY_SECONDS = 0.2
CONNECT_WAIT_SECONDS = 0.25  # how long the engine's thread waits for a new connection
ANSWER_SECONDS = 1.0  # how long it waits for the next part of an answer
MAX_ANSWER_SECONDS = 16.0  # the limit doubles up to this while a batch is retried
TERMINATE_WAIT_MS = 1_000  # for an earlier session of this server to end

_TRY_LOCK = "SELECT pg_try_advisory_lock(%s, %s)"
# A session that waits for a synchronous standby is spared: its transaction would appear committed
# before the standby has it.
_END_OWN_SESSION = """
    SELECT pid, is_own, CASE WHEN is_own AND NOT is_replicating THEN pg_terminate_backend(pid, %s) END
    FROM (
        SELECT pid, application_name = current_setting('application_name') AS is_own,
            coalesce(wait_event = 'SyncRep', false) AS is_replicating
        FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND objsubid = 2 AND granted
            AND datname = current_database()
    ) AS holder
"""

T = TypeVar("T")


class _ClaimLost(DontWrapMixin, ClaimLost):
    """A lost claim that SQLAlchemy raises as it is."""


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


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that closes when the database does not answer in time."""

    limit: AnswerLimit

    def wait(self, gen: PQGen[T], *args: Any, **options: Any) -> T:
        """Wait for an operation of the driver to complete.

        Raises: psycopg.OperationalError when the database does not answer in time.
        """
        return super().wait(self._bounded(gen), *args, **options)

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
        self.close()
        raise psycopg.OperationalError(f"PostgreSQL did not answer for {seconds:.0f} s")

    def commit(self) -> None:
        """Commit, and reset the limit."""
        super().commit()
        self.limit.reset()


class PostgreSQLClaim:
    """Exclusive use of a database by this process, and the engine whose connections hold it.

    Raises: DatabaseRefused when another server holds the claim.
    """

    def __init__(self, url: URL, options: dict[str, Any]) -> None:
        self._limit = AnswerLimit()
        self._attempt: Future[BoundedConnection] | None = None
        # Identifies the sessions of this process to later ones.
        options = options | {"application_name": f"chat-server {secrets.token_hex(6)}"}
        self.engine = create_engine(
            url,
            connect_args=options,
            hide_parameters=True,
            pool_size=1,
            max_overflow=0,
            use_native_hstore=False,
        )
        event.listen(self.engine, "do_connect", self._connect)
        try:
            _take_claim(self.engine)
        except BaseException:
            self.close()
            raise

    def _connect(
        self, dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]
    ) -> BoundedConnection:
        """Return a connection that holds the claim; called by SQLAlchemy's pool.

        Raises: psycopg.OperationalError when there is none yet, and the next call continues to wait
            for it; ClaimLost when another server holds the claim.
        """
        if self._attempt is None:
            self._attempt = run_on_thread("connector", lambda: self._open(options))
        attempt = self._attempt
        try:
            connection = attempt.result(CONNECT_WAIT_SECONDS)
        except TimeoutError:
            if not attempt.done():
                raise psycopg.OperationalError("still connecting to PostgreSQL") from None
            connection = attempt.result()
        finally:
            if attempt.done():
                self._attempt = None
        return connection

    def _open(self, options: dict[str, Any]) -> BoundedConnection:
        connection = BoundedConnection.connect(**options)
        connection.limit = self._limit
        try:
            connection.autocommit = True  # a transaction would read pg_stat_activity only once
            _lock(connection)
            connection.autocommit = False
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Release the claim."""
        self.engine.dispose()


def _lock(connection: BoundedConnection) -> None:
    """Take the claim's lock, from an earlier session of this process if necessary.

    Raises: ClaimLost when another server holds it; psycopg.OperationalError while the earlier
        session has not ended.
    """
    if _try_lock(connection):
        return
    holders = connection.execute(_END_OWN_SESSION, (TERMINATE_WAIT_MS, *CLAIM_LOCK)).fetchall()
    if not all(is_own for _, is_own, _ in holders):
        raise _ClaimLost(holders[0][0])
    if not _try_lock(connection):
        raise psycopg.OperationalError("an earlier session of this server has not ended yet")


def _try_lock(connection: BoundedConnection) -> bool:
    row = connection.execute(_TRY_LOCK, CLAIM_LOCK).fetchone()
    return row is not None and bool(row[0])


def _take_claim(engine: Engine) -> None:
    """Connect, and wait a few seconds for the session of a killed server to end.

    Raises: DatabaseRefused when another server holds the claim.
    """
    deadline = time.monotonic() + CLAIM_WAIT_SECONDS
    while True:
        try:
            engine.connect().close()
        except (ClaimLost, DBAPIError) as error:
            if time.monotonic() >= deadline:
                raise _refusal(error) from error
            time.sleep(CLAIM_RETRY_SECONDS)
        else:
            return


def _refusal(error: ClaimLost | DBAPIError) -> DatabaseRefused:
    if isinstance(error, ClaimLost):
        return DatabaseRefused(
            f"Another server is running on this database (PostgreSQL session {error.holder}); stop it first. "
            "Several servers on one database are not supported."
        )
    return DatabaseRefused(f"Cannot claim the database: {str(error.orig).strip().partition(chr(10))[0]}")
