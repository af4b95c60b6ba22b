"""Access to the database: sessions for reading and connections for appending to the log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress

from sqlalchemy import URL, Connection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from app.db.dialect import HOLDS_LOCK, MAX_PAUSE_MS, Dialect
from app.db.postgresql.dialect import PostgreSQL
from app.db.postgresql.hosts import parse_url, redact_url
from app.db.sqlite.dialect import SQLite
from app.errors import LogBusy, OutcomeUnknown, StorageError, UsageError
from app.interrupts import defer_suspension

RECONNECT_ATTEMPTS = 10  # after a connection was lost during a commit: PostgreSQL may be restarting
RECONNECT_SECONDS = 1.0  # between two attempts
MAX_PAUSE_SECONDS = 5.0  # of a program that holds the log's lock, while servers wait for it


def parse_database_url(dbname: str) -> URL:
    """Parse `dbname` as an SQLAlchemy URL or the path of an SQLite file.

    Raises: UsageError when the URL is malformed or its database is not supported.
    """
    if "://" not in dbname:
        return _file_url(URL.create("sqlite", database=dbname))
    try:
        url = parse_url(dbname)
    except (ArgumentError, ValueError) as error:
        raise UsageError(
            "Cannot parse the database URL; use the form postgresql://user@host/name."
        ) from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise UsageError(f"The database {url.get_backend_name()} is not supported; use sqlite or postgresql.")
    return _file_url(url) if url.get_backend_name() == "sqlite" else url


def _file_url(url: URL) -> URL:
    """Return an SQLite URL after checking that it names a file: messages must survive a restart.

    Raises: UsageError.
    """
    if not url.database or url.database == ":memory:":
        raise UsageError("An in-memory database is lost when the server stops; name a file.")
    if url.query or url.host:
        raise UsageError(
            "The URL of an SQLite file must have the form sqlite:///chat.db or sqlite:////var/lib/chat.db."
        )
    return url


class Database:
    """A database and its connection pool."""

    def __init__(self, url: URL, lock_timeout_ms: int | None = None) -> None:
        self.url = url
        self.dialect: Dialect = SQLite() if url.get_backend_name() == "sqlite" else PostgreSQL()
        self.engine = self.dialect.create_engine(url, lock_timeout_ms)

    def __str__(self) -> str:
        if self.dialect.name == "sqlite":
            return self.url.database or "memory"
        return redact_url(self.url)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session for reading; any changes are rolled back."""
        with Session(self.engine) as session:
            yield session
            session.rollback()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a transaction for reading whose queries all see the same state of the database."""
        with self.engine.connect().execution_options(**self.dialect.snapshot_options) as connection:
            yield connection

    @contextmanager
    def locked(
        self,
        was_committed: Callable[[Connection], bool] | None = None,
        max_pause_seconds: float = MAX_PAUSE_SECONDS,
    ) -> Iterator[Connection]:
        """Open a transaction that holds the log's lock; it commits unless the block raises.

        Meanwhile servers wait, so Ctrl-Z takes effect only afterwards. PostgreSQL also ends a
        transaction that does nothing for `max_pause_seconds`, because its program was stopped. With
        0 there is neither, for programs that have claimed the database.

        If the connection is lost during the commit, the outcome is unknown. `was_committed` then
        looks for what the block wrote, on a new connection that holds the lock.

        Raises: StorageError if nothing was committed; OutcomeUnknown if that cannot be found out.
        """
        deferral = defer_suspension() if max_pause_seconds else nullcontext()
        with deferral, self.connect_to_append() as connection:
            connection.execution_options(**{MAX_PAUSE_MS: round(max_pause_seconds * 1000)})
            connection.begin()
            with self._explained_pause(max_pause_seconds):
                yield connection
            try:
                connection.commit()
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                self._resolve_commit(error, was_committed)

    @contextmanager
    def _explained_pause(self, max_seconds: float) -> Iterator[None]:
        """Say so if PostgreSQL has probably ended the transaction because the program was stopped.

        The driver reports only that the connection was lost.

        Raises: StorageError.
        """
        started = time.monotonic()
        try:
            yield
        except DBAPIError as error:
            seconds = time.monotonic() - started
            if not error.connection_invalidated or not 0 < max_seconds <= seconds:
                raise
            raise StorageError(
                f"The connection to {self} was lost after the command had kept servers waiting for "
                f"{seconds:.0f} s. A command that is stopped for more than {max_seconds:g} s during a change "
                "loses it. Nothing was changed; run the command again."
            ) from error

    def _resolve_commit(self, error: DBAPIError, was_committed: Callable[[Connection], bool] | None) -> None:
        """Find out whether a commit whose answer was lost took effect; return if it did.

        Raises: StorageError if it did not; OutcomeUnknown if that cannot be found out.
        """
        reason = str(error.orig).strip().partition("\n")[0]
        for _ in range(RECONNECT_ATTEMPTS if was_committed else 0):
            with suppress(DBAPIError), self.connect_to_append() as connection, connection.begin():
                if was_committed is not None and was_committed(connection):
                    return
                raise StorageError(
                    f"The connection to {self} was lost ({reason}); the change was not made. Try again."
                ) from error
            time.sleep(RECONNECT_SECONDS)
        raise OutcomeUnknown(
            f"The connection to {self} was lost during the commit ({reason}); it is unknown whether the "
            "change was made. Check before you repeat it: `chat-admin audit list` shows every change."
        ) from error

    def connect_to_append(self) -> Connection:
        """Open a connection for appending: each of its transactions takes the log's lock."""
        engine = self.dialect.append_engine(self.engine)
        return engine.connect().execution_options(**{HOLDS_LOCK: True})

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Translate transient database errors into StorageError, with a message for the user.

        Raises: StorageError.
        """
        try:
            yield
        except DBAPIError as error:
            if not self.dialect.is_transient_error(error):
                raise
            reason = str(error.orig).strip().partition("\n")[0]
            advice = self._advise(reason)
            kind = LogBusy if self.dialect.is_lock_timeout(error) else StorageError
            raise kind(
                f"The database {self} is not available ({reason}); nothing was changed. {advice}"
            ) from error

    @staticmethod
    def _advise(reason: str) -> str:
        if "readonly" in reason:  # even a reader writes to the files beside it
            return "Run the command as the owner of the file, with permission to write in its folder."
        return "Try again later."

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
