"""The PostgreSQL dialect: several servers share one log, serialised by an advisory lock."""

import sys
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from app.db.dialect import HOLDS_LOCK
from app.errors import DatabaseRefused

LOG_LOCK = 0x63686174  # key of the advisory lock: "chat" in ASCII
MIN_VERSION = 14  # for function bodies in standard SQL


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


def redact_url(url: URL) -> str:
    """Format a URL without its password and without query parameters, which may contain one."""
    return url.set(query={}).render_as_string(hide_password=True)


class PostgreSQL:
    """The dialect for a database that several servers may share."""

    name = "postgresql"

    def create_engine(self, url: URL, lock_timeout_ms: int | None = None) -> Engine:
        """Create an engine with synchronous commits, regardless of the server's default."""
        options = f"-c synchronous_commit=on -c timezone=UTC -c lock_timeout={lock_timeout_ms or 0}"
        try:
            engine = create_engine(
                url.set(drivername="postgresql+psycopg"),
                connect_args={"options": options, "connect_timeout": 10},
                hide_parameters=True,
                pool_pre_ping=True,
            )
        except ModuleNotFoundError as error:
            raise DatabaseRefused(
                "The PostgreSQL driver is not installed; install it with: "
                f"{sys.executable} -m pip install 'psycopg[binary]'"
            ) from error

        @event.listens_for(engine, "begin")
        def began(connection: Connection) -> None:
            if connection.get_execution_options().get(HOLDS_LOCK):
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOG_LOCK})

        return engine

    def create_file(self, url: URL) -> None:
        """Do nothing: the database's administrator creates the database."""

    def exists(self, url: URL) -> bool:
        """Return True: connecting to a missing database fails."""
        return True

    def open_read_only(self, url: URL) -> Engine:
        """Create an engine with read-only transactions."""
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={"options": "-c default_transaction_read_only=on", "connect_timeout": 10},
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

    def claim(self, engine: Engine, node: str) -> Connection:
        """Take an advisory lock for the node name, on a connection that stays open."""
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # so that closing it ends the session, and with it the lock
        lock = text("SELECT pg_try_advisory_lock(:space, hashtext(:node))")
        if not connection.execute(lock, {"space": LOG_LOCK, "node": node}).scalar_one():
            connection.close()
            raise DatabaseRefused(
                f"Another server named {node} is running on this database; stop it, or set another `node`."
            )
        return connection

    def find_lost_files(self) -> str | None:
        """Return None: the files belong to the database server."""
        return None

    def rescue(self, engine: Engine, connection: Connection | None) -> None:
        """Do nothing: no files can be lost."""

    def version(self, connection: Connection) -> int | None:
        """Return None: PostgreSQL has no cheap commit counter."""
        return None

    def is_transient_error(self, error: Exception) -> bool:
        """Return whether the error is a database error not caused by a row or a statement."""
        return isinstance(error, DBAPIError) and not isinstance(
            error, (IntegrityError, DataError, ProgrammingError)
        )

    def back_up(self, url: URL, revision: str) -> Path | None:
        """Return None: migrations are transactional, and the administrator runs `pg_dump`."""
        return None

    def problems(self, connection: Connection) -> list[str]:
        """Return an empty list: PostgreSQL checks its own files (data checksums)."""
        return []

    def size(self, connection: Connection) -> int:
        """Return the result of `pg_database_size`."""
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
