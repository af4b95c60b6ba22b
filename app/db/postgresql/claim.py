"""Claims on a PostgreSQL database: advisory locks of the session that commits.

A server claims its name as a node, and shares the database with the other nodes. A program that
must be alone, such as a migration, claims the whole database.

Only connections of the claim's engine append to the log of a running server, and each of them takes
the claim before anything else. Its locks belong to the session, so a session that ends loses the
claim and its transaction together: a server without the claim cannot commit.

Connecting may resolve a name and negotiate TLS, and therefore has a thread of its own.
"""

import secrets
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, DontWrapMixin

from app.db.dialect import HOLDS_LOCK, READS_SINGLY
from app.db.postgresql.bounded_connection import AnswerLimit, BoundedConnection
from app.db.postgresql.locks import LOG_LOCK, AdvisoryLock
from app.db.postgresql.pipeline import PipelinedCursor, driver_connection
from app.errors import ClaimLost, DatabaseRefused
from app.threads import run_on_thread

CLAIM_WAIT_SECONDS = 5.0  # for the session of a killed server to end
CLAIM_RETRY_SECONDS = 0.2
CONNECT_WAIT_SECONDS = 0.25  # how long the engine's thread waits for a new connection
TERMINATE_WAIT_MS = 1_000  # for an earlier session of this server to end

# A session that waits for a synchronous standby is spared: its transaction would appear committed
# before the standby has it.
_END_OWN_SESSION = """
    SELECT pid, is_own, CASE WHEN is_own AND NOT is_replicating THEN pg_terminate_backend(pid, %s) END
    FROM (
        SELECT pid, application_name = current_setting('application_name') AS is_own,
            coalesce(wait_event = 'SyncRep', false) AS is_replicating
        FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory' AND classid::bigint = %s AND objid::bigint = %s AND objsubid = 2
            AND granted AND datname = current_database()
    ) AS holder
"""


class _ClaimLost(DontWrapMixin, ClaimLost):
    """A lost claim that SQLAlchemy raises as it is."""


class PostgreSQLClaim:
    """Locks held by this process, and the engine whose connections hold them.

    Raises: DatabaseRefused when another session holds one of the locks.
    """

    def __init__(self, url: URL, options: dict[str, Any], locks: Sequence[AdvisoryLock]) -> None:
        self.session_pid: int | None = None  # process id of the latest session, at the database server
        self._locks = locks
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
        event.listen(self.engine, "begin", _begin)
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
            for it; ClaimLost when another session holds one of the locks.
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
            for lock in self._locks:
                _take(connection, lock)
            connection.cursor_factory = PipelinedCursor
            self.session_pid = connection.info.backend_pid
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Release the claim."""
        self.engine.dispose()


def _begin(connection: Connection) -> None:
    """Begin a pipelined transaction, with the log's lock unless the connection goes without it."""
    if connection.get_execution_options().get(READS_SINGLY):
        return
    holds_lock = connection.get_execution_options().get(HOLDS_LOCK)
    driver_connection(connection).begin(LOG_LOCK if holds_lock else None)


def _take(connection: BoundedConnection, lock: AdvisoryLock) -> None:
    """Take a lock, from an earlier session of this process if necessary.

    Raises: ClaimLost when another session holds it; psycopg.OperationalError while the earlier
        session has not ended.
    """
    if _try(connection, lock):
        return
    holders = connection.execute(_END_OWN_SESSION, (TERMINATE_WAIT_MS, *lock.key)).fetchall()
    if not all(is_own for _, is_own, _ in holders):
        raise _ClaimLost(lock.conflict.format(holder=holders[0][0]))
    if not _try(connection, lock):
        raise psycopg.OperationalError("an earlier session of this server has not ended yet")


def _try(connection: BoundedConnection, lock: AdvisoryLock) -> bool:
    row = connection.execute(f"SELECT {lock.function}(%s, %s)", lock.key).fetchone()
    return row is not None and bool(row[0])


def _take_claim(engine: Engine) -> None:
    """Connect, and wait a few seconds for the session of a killed server to end.

    Raises: DatabaseRefused when another session holds one of the locks.
    """
    deadline = time.monotonic() + CLAIM_WAIT_SECONDS
    conflict: ClaimLost | None = None  # says more than that a later attempt was slow
    while True:
        try:
            engine.connect().close()
        except (ClaimLost, DBAPIError) as error:
            conflict = error if isinstance(error, ClaimLost) else conflict
            if time.monotonic() >= deadline:
                raise _refusal(conflict or error) from error
            time.sleep(CLAIM_RETRY_SECONDS)
        else:
            return


def _refusal(error: ClaimLost | DBAPIError) -> DatabaseRefused:
    if isinstance(error, ClaimLost):
        return DatabaseRefused(error.sentence)
    return DatabaseRefused(f"Cannot claim the database: {str(error.orig).strip().partition(chr(10))[0]}")
