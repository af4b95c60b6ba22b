"""The SQLite dialect: one file in WAL mode, with every commit synced to disk."""

import logging
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app.clock import Clock
from app.db.dialect import HOLDS_LOCK, Claim, Listening, StorageUsage
from app.db.notifications import Channel
from app.db.sqlite import backup
from app.db.sqlite.claim import SQLiteClaim, is_claimed
from app.db.sqlite.connection_setup import (
    DEFAULT_BUSY_TIMEOUT_MS,
    closing_on_failure,
    prepare,
    require_trigram_support,
    watch,
)
from app.db.sqlite.driver import execute_on_driver, fetch_int, raise_hidden_interrupts
from app.db.sqlite.files import SQLiteFiles
from app.db.sqlite.lock_holder import describe_writer
from app.db.sqlite.read_only import open_to_read, read_header
from app.errors import StorageError

MAX_PROBLEMS = 20  # reported by each check of the file
_ROW_ERRORS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError)

logger = logging.getLogger(__name__)


class _Silence:
    """A listener that hears nothing."""

    def close(self) -> None:
        """Do nothing."""


class SQLite:
    """The dialect for an SQLite file."""

    name = "sqlite"
    has_nodes = False
    server_purges = True
    commits_in_background = False
    snapshot_options: Mapping[str, str] = {}  # as every transaction of SQLite

    def create_engine(self, url: URL, lock_timeout_ms: int | None = None) -> Engine:
        """Create an engine that issues BEGIN itself.

        A transaction begun by the driver (BEGIN DEFERRED) can fail with SQLITE_BUSY on its first
        write.

        Raises: DatabaseRefused when Python's SQLite is too old.
        """
        require_trigram_support()
        engine = create_engine(url, hide_parameters=True)
        files = self._files = SQLiteFiles(_path(url))
        watch(engine, files)
        raise_hidden_interrupts(engine)

        @event.listens_for(engine, "connect")
        def opened(connection: sqlite3.Connection, record: Any) -> None:
            with closing_on_failure(connection, files):
                connection.execute(f"PRAGMA busy_timeout={lock_timeout_ms or DEFAULT_BUSY_TIMEOUT_MS}")
                prepare(connection)
                files.opened()

        @event.listens_for(engine, "begin")
        def began(connection: Connection) -> None:
            is_writer = connection.get_execution_options().get(HOLDS_LOCK)
            execute_on_driver(connection, "BEGIN IMMEDIATE" if is_writer else "BEGIN")

        return engine

    def append_engine(self, engine: Engine) -> Engine:
        """Return the engine itself: the claim belongs to the process."""
        return engine

    def create_file(self, url: URL) -> None:
        """Create an empty file with mode 0600: it will contain messages and password hashes.

        An existing file, such as one made with `touch`, gets the same mode. SQLite gives its
        other files the mode of the database.
        """
        path = _path(url)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with closing(os.fdopen(descriptor)), suppress(PermissionError):  # if another user owns it
                os.fchmod(descriptor, 0o600)
        except OSError as error:
            raise StorageError(
                f"The database {path} cannot be created ({error.strerror}); "
                "check its folder, or name another file."
            ) from error

    def exists(self, url: URL) -> bool:
        """Return whether the file exists and is not empty."""
        path = _path(url)
        return path.exists() and path.stat().st_size > 0

    def open_read_only(self, url: URL) -> Engine:
        """Open the file read-only, without creating files beside it."""
        path = _path(url)
        read_header(path)
        return create_engine("sqlite://", creator=lambda: open_to_read(path), poolclass=NullPool)

    def claim(self, engine: Engine) -> Claim:
        """Lock the database, and a file beside it in case the database is replaced."""
        claim = SQLiteClaim(_path(engine.url))
        try:
            self._files.claim(claim.descriptor)
        except StorageError:
            claim.close()
            raise
        return claim

    def claim_node(self, engine: Engine, name: str) -> Claim:
        """Claim the whole database: it has one node."""
        return self.claim(engine)

    def has_server(self, engine: Engine) -> bool:
        """Return whether the lock file beside the database is locked."""
        return is_claimed(_path(engine.url))

    def listen(self, url: URL, hear: Callable[[Channel, str], None]) -> Listening:
        """Return a listener that hears nothing: there are no other servers."""
        return _Silence()

    def notify(self, connection: Connection, channel: Channel, payload: str) -> None:
        """Do nothing: there are no other servers."""

    def find_lost_files(self) -> str | None:
        """Compare the paths with the open files: three calls of `stat` and one of `pread`."""
        return self._files.find_problem()

    def recover_lost_files(self, engine: Engine, connection: Connection | None) -> None:
        """Copy the lost write-ahead log to the database, then close all connections."""
        if not self._files.are_abandoned:
            with connection or engine.connect() as connection:
                _save_log(self._files, connection)
        engine.dispose()
        if self._files.are_open:
            raise StorageError("the write-ahead log was removed; waiting for readers of the old one")

    def version(self, connection: Connection) -> int | None:
        """Return `PRAGMA data_version`, which changes when another connection commits."""
        return fetch_int(connection, "PRAGMA data_version")

    def now(self, connection: Connection) -> int:
        """Return the time of this machine."""
        return Clock().now()

    def truncate_log(self, connection: Connection) -> bool:
        """Copy the write-ahead log to the database, and truncate it unless a reader needs it.

        While it waits for readers, nobody could write, so it does not wait.
        """
        timeout = fetch_int(connection, "PRAGMA busy_timeout")
        execute_on_driver(connection, "PRAGMA busy_timeout=0")
        try:
            execute_on_driver(connection, "PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            is_busy, *_ = execute_on_driver(connection, "PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            execute_on_driver(connection, f"PRAGMA busy_timeout={timeout}")
        return not is_busy

    def purge(self, engine: Engine) -> bool:
        """Truncate the write-ahead log. Values in the database file are overwritten at once."""
        with engine.connect() as connection:
            return self.truncate_log(connection)

    def send_commit(self, connection: Connection, keeps_lock: bool) -> None:
        """Do nothing: SQLite does all its work in `Connection.commit`."""

    def await_results(self, connection: Connection) -> None:
        """Do nothing: every statement is complete when it returns."""

    def is_transient_error(self, error: Exception) -> bool:
        """Return whether the error is an SQLite error not caused by a row or a statement."""
        original = error.orig if isinstance(error, DBAPIError) else error
        return isinstance(original, sqlite3.Error) and not isinstance(original, _ROW_ERRORS)

    def is_lock_timeout(self, error: Exception) -> bool:
        """Return whether the error is SQLITE_BUSY."""
        original = error.orig if isinstance(error, DBAPIError) else error
        return getattr(original, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY

    def describe_lock_holder(self, url: URL) -> str | None:
        """Return the program that writes to the file, if the system tells."""
        return describe_writer(_path(url))

    def back_up(self, url: URL, revision: str) -> Path | None:
        """Save a copy beside the database, or return the one that an interrupted upgrade saved."""
        return backup.back_up(_path(url), revision)

    def problems(self, connection: Connection) -> list[str]:
        """Return the findings of `PRAGMA integrity_check` and `PRAGMA foreign_key_check`."""
        found = connection.exec_driver_sql(f"PRAGMA integrity_check({MAX_PROBLEMS})").scalars()
        lines = [line for text in found for line in str(text).splitlines()]
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(MAX_PROBLEMS)
        return [f"SQLite: {line.rstrip('.')}." for line in lines if line != "ok" and line[0] != "*"] + [
            f"Row {row[1]} of the table {row[0]} references a missing row of {row[2]}." for row in orphans
        ]

    def size(self, connection: Connection) -> int:
        """Return the page count times the page size."""
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())

    def usage(self, connection: Connection) -> StorageUsage:
        """Return the size of the file, of its free pages, and of the write-ahead log."""
        page_bytes = int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
        free_pages = int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())
        log = Path(f"{_path(connection.engine.url).resolve()}-wal")
        log_bytes = log.stat().st_size if log.exists() else 0
        return StorageUsage(self.size(connection), free_pages * page_bytes, log_bytes)


def _save_log(files: SQLiteFiles, connection: Connection) -> None:
    """Copy the lost write-ahead log to the database file, and abandon the log.

    Raises: StorageError if the contents are lost, or a reader still needs the log.
    """
    problem = (files.find_problem() or "").partition(";")[0]
    if loss := files.find_loss():
        raise StorageError(loss)
    connection.rollback()
    is_busy, *_ = execute_on_driver(connection, "PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy or (loss := files.find_loss()):
        raise StorageError(loss or f"{problem}; waiting for readers")
    files.are_abandoned = True
    logger.error(
        "%s while the server runs. Its contents were saved to the database; nothing is lost.", problem
    )


def _path(url: URL) -> Path:
    return Path(url.database or "")
