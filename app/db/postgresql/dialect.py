"""The PostgreSQL dialect: all programs share one log, serialised by an advisory lock."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from app.db.dialect import HOLDS_LOCK, MAX_PAUSE_MS, Claim, Listening, StorageUsage
from app.db.notifications import Channel, notify
from app.db.postgresql.hosts import redact_url, with_connect_timeout
from app.db.postgresql.locks import (
    LOG_LOCK,
    SHARED_DATABASE,
    TAKE_LOG_LOCK,
    WHOLE_DATABASE,
    AdvisoryLock,
    lock_of_node,
)
from app.db.postgresql.purge import remove_dead_rows
from app.errors import DatabaseRefused

MIN_VERSION = 14  # for function bodies in standard SQL
LOCK_TIMEOUT_MS = 5_000  # more than autovacuum takes to give way to a migration
# The engine's thread waits in PostgreSQL's queue, in which nodes take turns. To answer PINGs, it
# leaves the queue, and loses its place, but only after the time of a few full batches.
ENGINE_LOCK_TIMEOUT_MS = 800
# A node that is paused while it holds the log's lock delays the others for this long.
ENGINE_IDLE_IN_TRANSACTION_TIMEOUT_MS = 1_500
LOCK_NOT_AVAILABLE = "55P03"  # SQLSTATE
_LIMIT_PAUSE = "set_config('idle_in_transaction_session_timeout', '{}', true)"  # of this transaction
# A connection to a host that vanished fails after about ten seconds, on either side.
_CLIENT_TIMEOUTS = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_SERVER_TIMEOUTS = {
    "tcp_keepalives_idle": 5,
    "tcp_keepalives_interval": 2,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_NOW = text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)")
_IS_CLAIMED = text("""
    SELECT EXISTS (
        SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE locktype = 'advisory' AND classid::bigint = :first AND objid::bigint = :second
            AND objsubid = 2 AND granted AND datname = current_database()
    )
""").bindparams(first=WHOLE_DATABASE.key[0], second=WHOLE_DATABASE.key[1])


def _require_version(engine: Engine) -> None:
    """Check the version of a server that the engine has connected to.

    Raises: DatabaseRefused when it is too old.
    """
    version = int((engine.dialect.server_version_info or (0,))[0])
    if version < MIN_VERSION:
        raise DatabaseRefused(
            f"PostgreSQL {version} at {redact_url(engine.url)} is too old; nothing was changed. "
            f"Use PostgreSQL {MIN_VERSION} or newer."
        )


def _driver_url(url: URL) -> URL:
    return with_connect_timeout(url).set(drivername="postgresql+psycopg")


def _connection_options(lock_timeout_ms: int, **more_settings: int) -> dict[str, Any]:
    """Return the driver's options for a connection with durable commits."""
    settings = {
        "synchronous_commit": "on",
        "timezone": "UTC",
        "lock_timeout": lock_timeout_ms,
        **_SERVER_TIMEOUTS,
        **more_settings,
    }
    return {"options": " ".join(f"-c {name}={value}" for name, value in settings.items()), **_CLIENT_TIMEOUTS}


def _take_log_lock(connection: Connection) -> None:
    """Take the log's lock at the start of a transaction that appends."""
    options = connection.get_execution_options()
    if options.get(HOLDS_LOCK):
        limit = options.get(MAX_PAUSE_MS)
        pause = "" if limit is None else f", {_LIMIT_PAUSE.format(limit)}"
        connection.exec_driver_sql(TAKE_LOG_LOCK + pause)


class PostgreSQL:
    """The dialect for a PostgreSQL database."""

    name = "postgresql"
    has_nodes = True
    server_purges = False
    commits_in_background = True
    snapshot_options: Mapping[str, str] = {"isolation_level": "REPEATABLE READ"}

    def __init__(self) -> None:
        self._claimed: Engine | None = None  # its connections hold the claim
        self._get_own_pid: Callable[[], int | None] = lambda: None  # of the session that holds it

    def create_engine(self, url: URL, lock_timeout_ms: int | None = None) -> Engine:
        """Create an engine with synchronous commits, regardless of the server's default."""
        try:
            engine = create_engine(
                _driver_url(url),
                connect_args=_connection_options(lock_timeout_ms or LOCK_TIMEOUT_MS),
                hide_parameters=True,
                pool_pre_ping=True,
            )
        except ModuleNotFoundError as error:
            raise DatabaseRefused(
                "The PostgreSQL driver is not installed; install it with: "
                f"{sys.executable} -m pip install 'psycopg[binary]'"
            ) from error
        event.listen(engine, "begin", _take_log_lock)
        return engine

    def append_engine(self, engine: Engine) -> Engine:
        """Return the claim's engine, or the engine itself without a claim."""
        return self._claimed or engine

    def create_file(self, url: URL) -> None:
        """Do nothing: the database's administrator creates the database."""

    def exists(self, url: URL) -> bool:
        """Return True: connecting to a missing database fails."""
        return True

    def open_read_only(self, url: URL) -> Engine:
        """Create an engine with read-only transactions."""
        engine = create_engine(
            _driver_url(url),
            connect_args={**_CLIENT_TIMEOUTS},
            execution_options={"postgresql_readonly": True},  # the session stays fit for read-write
            poolclass=NullPool,
        )
        try:
            engine.connect().close()
        except OperationalError as error:
            raise DatabaseRefused(
                f"Cannot connect to PostgreSQL at {redact_url(url)}: {str(error.orig).splitlines()[0]}"
            ) from error
        _require_version(engine)
        return engine

    def claim(self, engine: Engine) -> Claim:
        """Claim the whole database, after the session of a killed server ends."""
        return self._claim(engine, [WHOLE_DATABASE])

    def claim_node(self, engine: Engine, name: str) -> Claim:
        """Claim the name of a node in the session that appends."""
        return self._claim(engine, [SHARED_DATABASE, lock_of_node(name)])

    def _claim(self, engine: Engine, locks: Sequence[AdvisoryLock]) -> Claim:
        from app.db.postgresql.claim import PostgreSQLClaim  # deferred: the driver is optional

        options = _connection_options(
            ENGINE_LOCK_TIMEOUT_MS,
            idle_in_transaction_session_timeout=ENGINE_IDLE_IN_TRANSACTION_TIMEOUT_MS,
        )
        claim = PostgreSQLClaim(_driver_url(engine.url), options, locks)
        self._claimed, self._get_own_pid = claim.engine, lambda: claim.session_pid
        return claim

    def has_server(self, engine: Engine) -> bool:
        """Return whether a session has a lock on the database."""
        with engine.connect() as connection:
            return bool(connection.execute(_IS_CLAIMED).scalar_one())

    def notify(self, connection: Connection, channel: Channel, payload: str) -> None:
        """Notify the servers on the database once the transaction commits."""
        notify(connection, channel, payload)

    def listen(self, url: URL, hear: Callable[[Channel, str], None]) -> Listening:
        """Call `hear` on a thread of its own with each notification of another server."""
        from app.db.postgresql.listener import Listener

        options = _connection_options(LOCK_TIMEOUT_MS)
        return Listener(
            create_engine(_driver_url(url), connect_args=options, hide_parameters=True, poolclass=NullPool),
            hear,
            self._get_own_pid,
        )

    def find_lost_files(self) -> str | None:
        """Return None: the files belong to the database server."""
        return None

    def recover_lost_files(self, engine: Engine, connection: Connection | None) -> None:
        """Do nothing: no files can be lost."""

    def version(self, connection: Connection) -> int | None:
        """Return None: PostgreSQL has no cheap commit counter."""
        return None

    def now(self, connection: Connection) -> int:
        """Return the time of the database server."""
        return int(connection.execute(_NOW).scalar_one())

    def truncate_log(self, connection: Connection) -> bool:
        """Return True: the database server recycles its own log."""
        return True

    def purge(self, engine: Engine) -> bool:
        """Run VACUUM, unless a transaction may still see what was deleted."""
        return remove_dead_rows(engine)

    def send_commit(self, connection: Connection, keeps_lock: bool) -> None:
        """Send COMMIT; to keep the lock, also begin the next transaction, which has it."""
        from app.db.postgresql.pipeline import driver_connection  # deferred: the driver is optional

        driver_connection(connection).send_commit(LOG_LOCK if keeps_lock else None)

    def await_results(self, connection: Connection) -> None:
        """Execute a query, since its result follows all others."""
        connection.execute(text("SELECT 1"))

    def is_transient_error(self, error: Exception) -> bool:
        """Return whether the error is a database error not caused by a row or a statement."""
        return isinstance(error, DBAPIError) and not isinstance(
            error, (IntegrityError, DataError, ProgrammingError)
        )

    def is_lock_timeout(self, error: Exception) -> bool:
        """Return whether the error is a lock timeout."""
        return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE

    def describe_lock_holder(self, url: URL) -> str | None:
        """Return None: `pg_stat_activity` has the sessions."""
        return None

    def back_up(self, url: URL, revision: str) -> Path | None:
        """Return None: migrations are transactional, and the administrator runs `pg_dump`."""
        return None

    def problems(self, connection: Connection) -> list[str]:
        """Return an empty list: PostgreSQL checks its own files (data checksums)."""
        return []

    def size(self, connection: Connection) -> int:
        """Return the result of `pg_database_size`."""
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())

    def usage(self, connection: Connection) -> StorageUsage:
        """Return the size; free space and the write-ahead log are matters of the server."""
        return StorageUsage(self.size(connection))
