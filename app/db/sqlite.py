"""The SQLite dialect: one file in WAL mode, with every commit synced to disk."""

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app.db.dialect import HOLDS_LOCK
from app.errors import DatabaseRefused, StorageError
from app.wire.names import caseless

DEFAULT_BUSY_TIMEOUT_MS = 200
_WAL_MODE = 2  # value of the read version, byte 19 of the file header
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # overwrite redacted text with zeros
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA cache_size=-16384",
)
_TRIGRAM_TABLE = "CREATE VIRTUAL TABLE probe USING fts5 (text, tokenize='trigram')"  # since 3.34
_ROW_ERRORS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError)


class SQLite:
    """The dialect for an SQLite file."""

    name = "sqlite"

    def create_engine(self, url: URL, lock_timeout_ms: int | None = None) -> Engine:
        """Create an engine that issues BEGIN itself.

        A transaction begun by the driver (BEGIN DEFERRED) can fail with SQLITE_BUSY on its first
        write.

        Raises: DatabaseRefused when Python's SQLite is too old.
        """
        _require_trigram_support()
        engine = create_engine(url, hide_parameters=True)

        @event.listens_for(engine, "connect")
        def opened(connection: sqlite3.Connection, record: Any) -> None:
            connection.isolation_level = None
            connection.execute(f"PRAGMA busy_timeout={lock_timeout_ms or DEFAULT_BUSY_TIMEOUT_MS}")
            for statement in _PRAGMAS:
                connection.execute(statement)
            connection.create_function("caseless", 1, _caseless, deterministic=True)

        @event.listens_for(engine, "begin")
        def began(connection: Connection) -> None:
            is_writer = connection.get_execution_options().get(HOLDS_LOCK)
            execute_on_driver(connection, "BEGIN IMMEDIATE" if is_writer else "BEGIN")

        return engine

    def create_file(self, url: URL) -> None:
        """Create an empty file with mode 0600: it will contain messages and password hashes."""
        path = _path(url)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
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

    def claim(self, engine: Engine, node: str) -> BinaryIO:
        """Lock the whole file with `flock`, which does not interfere with SQLite's own locks.

        Raises: DatabaseRefused when another server holds the lock, or the file system has no locks.
        """
        path = _path(engine.url)
        file = path.open("rb")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise DatabaseRefused(_explain_lock_failure(path, error)) from error
        return file

    def version(self, connection: Connection) -> int | None:
        """Return `PRAGMA data_version`, which changes when another connection commits."""
        return fetch_int(connection, "PRAGMA data_version")

    def is_transient_error(self, error: Exception) -> bool:
        """Return whether the error is an SQLite error not caused by a row or a statement."""
        original = error.orig if isinstance(error, DBAPIError) else error
        return isinstance(original, sqlite3.Error) and not isinstance(original, _ROW_ERRORS)

    def back_up(self, url: URL, revision: str) -> Path | None:
        """Copy the database with SQLite's backup API, which is safe during writes.

        The copy has another name until it is complete; what an interrupted one left is replaced.

        Raises: StorageError when the copy already exists.
        """
        path = _path(url)
        copy = path.with_name(f"{path.name}.before-upgrade-from-{revision}")
        if copy.exists():
            raise StorageError(f"The backup {copy} already exists; move it elsewhere before the upgrade.")
        partial = copy.with_name(f"{copy.name}.partial")
        for remains in (partial, partial.with_name(f"{partial.name}-journal")):
            remains.unlink(missing_ok=True)
        partial.touch(mode=0o600)  # never readable by others: it contains password hashes
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target)
        return partial.rename(copy)

    def problems(self, connection: Connection) -> list[str]:
        """Return the findings of `PRAGMA quick_check` and `PRAGMA foreign_key_check`."""
        found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(20)")]
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(20)
        return [text for text in found if text != "ok"] + [
            f"row {row[1]} of table {row[0]} references a missing row of {row[2]}" for row in orphans
        ]

    def size(self, connection: Connection) -> int:
        """Return the page count times the page size."""
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())


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


def _explain_lock_failure(path: Path, error: OSError) -> str:
    if isinstance(error, BlockingIOError):
        return f"Another server is running on {path}; stop it, or name another file with -d."
    return (
        f"{path} cannot be locked ({error.strerror}), so two servers might use it at once. "
        "Name a file on a local disk with -d, or use PostgreSQL."
    )


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
    """Open a file for reading without changing it or creating files beside it.

    A reader of a database in WAL mode normally creates `-wal` and `-shm` files. If there are none,
    no other process has the database open, and `immutable` prevents SQLite from creating them.
    """
    in_wal_mode = read_header(path)[19:20] == bytes([_WAL_MODE])
    in_use = path.with_name(f"{path.name}-wal").exists()
    immutable = "&immutable=1" if in_wal_mode and not in_use else ""
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro{immutable}", uri=True)
