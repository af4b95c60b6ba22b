"""The SQLite dialect: one file in WAL mode, with every commit synced to disk."""

import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from app.db.dialect import HOLDS_LOCK, Claim, StorageUsage
from app.db.sqlite import backup
from app.db.sqlite.claim import SQLiteClaim
from app.db.sqlite.files import WAL_SIZE_LIMIT_BYTES, SQLiteFiles
from app.errors import DatabaseRefused, StorageError
from app.wire.names import caseless

DEFAULT_BUSY_TIMEOUT_MS = 200
MAX_PROBLEMS = 20  # reported by each check of the file
_WAL_MODE = 2  # value of the read version, byte 19 of the file header
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # overwrite redacted text with zeros
    f"PRAGMA journal_size_limit={WAL_SIZE_LIMIT_BYTES}",
    "PRAGMA cache_size=-16384",
)
_TRIGRAM_TABLE = "CREATE VIRTUAL TABLE probe USING fts5 (text, tokenize='trigram')"  # since 3.34
_ROW_ERRORS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError)

# The driver looks for an adapter for each parameter that is neither a number nor a text. A search
# without a result takes ten times as long as binding the parameter.
sqlite3.register_adapter(bytes, bytes)
sqlite3.register_adapter(type(None), lambda none: none)

logger = logging.getLogger(__name__)


class SQLite:
    """The dialect for an SQLite file."""

    name = "sqlite"
    snapshot_options: Mapping[str, str] = {}  # as every transaction of SQLite

    def create_engine(self, url: URL, lock_timeout_ms: int | None = None) -> Engine:
        """Create an engine that issues BEGIN itself.

        A transaction begun by the driver (BEGIN DEFERRED) can fail with SQLITE_BUSY on its first
        write.

        Raises: DatabaseRefused when Python's SQLite is too old.
        """
        _require_trigram_support()
        engine = create_engine(url, hide_parameters=True)
        files = self._files = SQLiteFiles(_path(url))
        _watch(engine, files)

        @event.listens_for(engine, "connect")
        def opened(connection: sqlite3.Connection, record: Any) -> None:
            with _closing_on_failure(connection, files):
                connection.execute(f"PRAGMA busy_timeout={lock_timeout_ms or DEFAULT_BUSY_TIMEOUT_MS}")
                _prepare(connection)
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
                "check its folder, or name another file with -d."
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

    def is_transient_error(self, error: Exception) -> bool:
        """Return whether the error is an SQLite error not caused by a row or a statement."""
        original = error.orig if isinstance(error, DBAPIError) else error
        return isinstance(original, sqlite3.Error) and not isinstance(original, _ROW_ERRORS)

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


@contextmanager
def _closing_on_failure(connection: sqlite3.Connection, files: SQLiteFiles) -> Iterator[None]:
    """Close a new connection that cannot be used; the pool would only drop it."""
    try:
        yield
    except BaseException:
        files.closed(connection)
        connection.close()
        raise


def _prepare(connection: sqlite3.Connection) -> None:
    """Set the connection up, and have SQLite open all files."""
    connection.isolation_level = None
    if connection.execute("PRAGMA page_count").fetchone() == (0,):  # else it takes the lock
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # see `sqlite.space`
    for statement in _PRAGMAS:
        connection.execute(statement)
    connection.create_function("caseless", 1, _caseless, deterministic=True)
    connection.execute("PRAGMA schema_version").fetchone()  # reads, so it opens the write-ahead log


def _watch(engine: Engine, files: SQLiteFiles) -> None:
    """Report every connection of the engine to `files`, and close those to abandoned files."""

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        return files.connect(lambda: sqlite3.connect(*arguments, **options))

    @event.listens_for(engine, "close")
    def closed(connection: sqlite3.Connection, record: Any) -> None:
        files.closed(connection)

    @event.listens_for(engine, "checkin")
    def returned(connection: sqlite3.Connection | None, record: ConnectionPoolEntry) -> None:
        if connection is not None and files.are_abandoned:
            record.invalidate()


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


def execute_on_driver(connection: Connection, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
    """Execute a statement directly on the driver's connection, without beginning a transaction.

    For statements that run in every batch, SQLAlchemy's overhead would exceed their own cost.

    Raises: DBAPIError, like SQLAlchemy.
    """
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    try:
        return driver.execute(statement, values)
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, None, error, sqlite3.Error, hide_parameters=True) from error


def fetch_int(connection: Connection, statement: str) -> int:
    """Execute a statement directly on the driver's connection and return its integer result."""
    return int(execute_on_driver(connection, statement).fetchone()[0])


@cache
def _require_trigram_support() -> None:
    """Check that Python's SQLite library has FTS5 with the trigram tokenizer.

    Raises: DatabaseRefused when it does not.
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(_TRIGRAM_TABLE)
        except sqlite3.OperationalError as error:
            raise DatabaseRefused(
                f"Python's SQLite library ({sqlite3.sqlite_version}) is too old or was built without FTS5; "
                "nothing was changed. Use a Python with SQLite 3.34 or newer, or PostgreSQL."
            ) from error


def _caseless(text: str | None) -> str | None:
    return None if text is None else caseless(text)


def _path(url: URL) -> Path:
    return Path(url.database or "")


def read_header(path: Path) -> bytes:
    """Return the first 20 bytes of an SQLite file.

    Raises: DatabaseRefused when it is not an SQLite file or cannot be read.
    """
    if path.is_dir():
        raise DatabaseRefused(f"{path} is a folder, not a database file; name a file with -d.")
    try:
        with path.open("rb") as file:
            header = file.read(20)
    except OSError as error:
        raise DatabaseRefused(f"{path} cannot be read ({error.strerror}); nothing was changed.") from error
    if header[:16] != b"SQLite format 3\0":
        raise DatabaseRefused(
            f"{path} is not an SQLite database; nothing was changed. Name another file with -d."
        )
    return header


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a file for reading without changing it or creating files beside it."""
    return sqlite3.connect(read_only_uri(path), uri=True)


def read_only_uri(path: Path) -> str:
    """Return the URI that opens a file for reading without creating files beside it.

    A reader of a database in WAL mode normally creates `-wal` and `-shm` files. If there are none,
    no other process has the database open, and `immutable` prevents SQLite from creating them.

    Raises: DatabaseRefused when it is not an SQLite file or cannot be read.
    """
    in_wal_mode = read_header(path)[19:20] == bytes([_WAL_MODE])
    in_use = path.with_name(f"{path.name}-wal").exists()
    immutable = "&immutable=1" if in_wal_mode and not in_use else ""
    return f"file:{quote(str(path.absolute()))}?mode=ro{immutable}"
