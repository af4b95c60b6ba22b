"""The engine's connection to the database, and its transactions."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.db.database import Database
from app.db.dialect import HOLDS_LOCK, READS_SINGLY
from app.errors import LogBusy, StorageError


class LogConnection:
    """One connection, one transaction at a time. Belongs to the engine's thread."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._connection: Connection | None = None
        self._version: int | None = None  # of the database, when the log was last read
        self._files_may_be_lost = False  # the files were not in place at the last check
        self._is_continuous = False  # the log on this connection continues what was read before
        # A transaction was begun together with the last commit and has kept the log's lock, so that
        # nobody else can have appended.
        self.is_kept_open = False

    @property
    def connection(self) -> Connection:
        """The connection, for reads within the transaction; reopened after a failure."""
        if self._connection is None:
            self._connection = self.database.connect_to_append()
            self._version = None  # each connection counts on its own
        return self._connection

    @property
    def idle_connection(self) -> Connection:
        """The connection, after the log's lock is released if it was kept."""
        self.release_lock()
        return self.connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Begin a transaction without the log's lock, whose queries may see different states.

        On PostgreSQL, that takes no round trips to begin and end it.
        """
        with self.unlocked() as connection:
            connection.execution_options(**{READS_SINGLY: True})
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.execution_options(**{READS_SINGLY: False})

    @contextmanager
    def unlocked(self) -> Iterator[Connection]:
        """Let transactions of the connection begin without taking the log's lock."""
        connection = self.idle_connection
        connection.execution_options(**{HOLDS_LOCK: False})
        try:
            yield connection
        finally:
            connection.execution_options(**{HOLDS_LOCK: True})

    def begin(self) -> Connection:
        """Begin a transaction and return its connection."""
        if self._files_may_be_lost:
            self.require_files()
        self.connection.begin()
        return self.connection

    def release_lock(self) -> None:
        """Release the log's lock if it was kept after the last commit.

        Raises: StorageError.
        """
        if self.is_kept_open:
            self.is_kept_open = False
            try:
                self.connection.rollback()
            except SQLAlchemyError as error:
                raise self.abort(error) from error

    def require_files(self) -> None:
        """Check that what is committed is in files that a restart will find.

        Raises: StorageError if it is not, and cannot be saved.
        """
        if self.database.dialect.find_lost_files():
            self._files_may_be_lost = True
            connection, self._connection = self._connection, None
            self.database.dialect.recover_lost_files(self.database.engine, connection)
        self._files_may_be_lost = False

    def abort(self, error: SQLAlchemyError) -> StorageError:
        """Roll back, discard the connection if it is lost, and return the error to raise.

        SQLAlchemy would replace a lost connection silently, perhaps by one to another server.
        """
        connection, self._connection = self._connection, None
        self._is_continuous, self.is_kept_open = False, False
        if connection is not None:  # None if connecting failed
            try:
                connection.rollback()
            except SQLAlchemyError:
                connection.invalidate()
            if connection.invalidated:
                connection.close()
            else:
                self._connection = connection
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        if not self.database.dialect.is_lock_timeout(error):
            return StorageError(reason)
        holder = self.database.dialect.describe_lock_holder(self.database.url)
        return LogBusy(f"{reason} by {holder}" if holder else reason)
