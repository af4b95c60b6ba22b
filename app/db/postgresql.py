"""PostgreSQL: several servers share one log, serialised by an advisory lock."""

import sys
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from app.db.dialect import HOLDS_LOCK
from app.errors import DatabaseRefused

LOG_LOCK = 0x63686174  # the advisory lock's number: "chat"


def redact_url(url: URL) -> str:
    """Write a URL without its password, which may stand among the parameters as well."""
    return url.set(query={}).render_as_string(hide_password=True)


class PostgreSQL:
    """The shared database."""

    name = "postgresql"

    def create_engine(self, url: URL, lock_timeout_ms: int | None = None) -> Engine:
        """Make an engine whose commits wait for the disk, whatever the server's default is."""
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
                "PostgreSQL needs its driver; install it with: "
                f"{sys.executable} -m pip install 'psycopg[binary]'"
            ) from error

        @event.listens_for(engine, "begin")
        def began(connection: Connection) -> None:
            if connection.get_execution_options().get(HOLDS_LOCK):
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOG_LOCK})

        return engine

    def create_file(self, url: URL) -> None:
        """The database is there already: its administrator made it."""

    def exists(self, url: URL) -> bool:
        """A PostgreSQL database is made by its administrator, so there is always something to look at."""
        return True

    def open_read_only(self, url: URL) -> Engine:
        """Open it with read-only transactions."""
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={"options": "-c default_transaction_read_only=on", "connect_timeout": 10},
            poolclass=NullPool,
        )
        try:
            engine.connect().close()
        except OperationalError as error:
            raise DatabaseRefused(
                f"PostgreSQL does not answer at {redact_url(url)}: {str(error.orig).splitlines()[0]}"
            ) from error
        return engine

    def claim(self, engine: Engine, node: str) -> Connection:
        """Take an advisory lock on the name, on a connection that stays open."""
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # so that closing it ends it, and the lock with it
        lock = text("SELECT pg_try_advisory_lock(:space, hashtext(:node))")
        if not connection.execute(lock, {"space": LOG_LOCK, "node": node}).scalar_one():
            connection.close()
            raise DatabaseRefused(
                f"Another server of the name {node} is running on this database; stop it, or set another `node`."
            )
        return connection

    def version(self, connection: Connection) -> int | None:
        """Only the log itself can tell."""
        return None

    def is_transient_error(self, error: Exception) -> bool:
        """Anything the database did not blame on a row."""
        return isinstance(error, DBAPIError) and not isinstance(
            error, (IntegrityError, DataError, ProgrammingError)
        )

    def back_up(self, url: URL, revision: str) -> Path | None:
        """Migrations are transactional here and copies are the administrator's (`pg_dump`)."""
        return None

    def problems(self, connection: Connection) -> list[str]:
        """PostgreSQL watches over its own files (data checksums)."""
        return []

    def size(self, connection: Connection) -> int:
        """As the server counts it."""
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
