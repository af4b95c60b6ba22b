"""Setting up the connections of an engine: pragmas, functions and parameter adapters.

Every connection is also reported to `SQLiteFiles`, which compares the files that SQLite has open
with those at their paths.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from app.db.sqlite.files import WAL_SIZE_LIMIT_BYTES, SQLiteFiles
from app.errors import DatabaseRefused
from app.wire.names import caseless

DEFAULT_BUSY_TIMEOUT_MS = 200
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # overwrite redacted text with zeros
    f"PRAGMA journal_size_limit={WAL_SIZE_LIMIT_BYTES}",
    "PRAGMA cache_size=-16384",
)
_TRIGRAM_TABLE = "CREATE VIRTUAL TABLE probe USING fts5 (text, tokenize='trigram')"  # since 3.34

# The driver looks for an adapter for each parameter that is neither a number nor a text. A search
# without a result takes ten times as long as binding the parameter.
sqlite3.register_adapter(bytes, bytes)
sqlite3.register_adapter(type(None), lambda none: none)


@cache
def require_trigram_support() -> None:
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


def watch(engine: Engine, files: SQLiteFiles) -> None:
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


def prepare(connection: sqlite3.Connection) -> None:
    """Set the connection up, and have SQLite open all files."""
    connection.isolation_level = None
    if connection.execute("PRAGMA page_count").fetchone() == (0,):  # else it takes the lock
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # see `sqlite.space`
    for statement in _PRAGMAS:
        connection.execute(statement)
    add_functions(connection)
    connection.execute("PRAGMA schema_version").fetchone()  # reads, so it opens the write-ahead log


@contextmanager
def closing_on_failure(connection: sqlite3.Connection, files: SQLiteFiles) -> Iterator[None]:
    """Close a new connection that cannot be used; the pool would only drop it."""
    try:
        yield
    except BaseException:
        files.closed(connection)
        connection.close()
        raise


def add_functions(connection: sqlite3.Connection) -> None:
    """Add the functions that queries on SQLite use."""
    connection.create_function("caseless", 1, _caseless, deterministic=True)


def _caseless(text: str | None) -> str | None:
    return None if text is None else caseless(text)
