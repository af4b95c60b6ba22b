"""A small SQLite file with exported history, for other programs. docs/admin.md describes it.

Texts that are removed from it are overwritten, so a redaction leaves nothing behind.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

from app.errors import ChatError

APPLICATION_ID = 0x63686578  # "chex"; `file` and `PRAGMA application_id` show it
FORMAT = "1"
BATCH_ROWS = 2_000
COLUMNS = ("id", "msgid", "time", "room", "kind", "nick", "account", "target", "text", "reply_to")
_SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
CREATE TABLE info (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, msgid TEXT NOT NULL, time TEXT NOT NULL, room TEXT, kind TEXT NOT NULL,
    nick TEXT NOT NULL, account TEXT, target TEXT, text TEXT NOT NULL, reply_to TEXT
);
CREATE INDEX messages_by_room ON messages (room, id);
CREATE INDEX messages_by_time ON messages (time);
"""
_INSERT = "INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

Row = tuple[object, ...]


class ExportDatabase:
    """An open file, in one transaction until it is closed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, rows: Iterable[Row]) -> None:
        """Insert rows of COLUMNS, replacing those with the same id."""
        remaining = iter(rows)
        while batch := list(islice(remaining, BATCH_ROWS)):
            self._connection.executemany(_INSERT, batch)

    def remove(self, ids: Iterable[int]) -> None:
        """Delete rows by their ids."""
        self._connection.executemany("DELETE FROM messages WHERE id = ?", ((number,) for number in ids))

    def set_info(self, values: Mapping[str, str]) -> None:
        """Set entries of the table `info`."""
        self._connection.executemany("INSERT OR REPLACE INTO info VALUES (?, ?)", values.items())


@contextmanager
def create(path: Path) -> Iterator[ExportDatabase]:
    """Create the schema in an empty file, and commit at the end."""
    with _open(path) as connection:
        connection.executescript(_SCHEMA)
        _prepare(connection)
        with connection:
            file = ExportDatabase(connection)
            file.set_info({"format": FORMAT})
            yield file


@contextmanager
def extend(path: Path) -> Iterator[ExportDatabase]:
    """Open a complete file to add to it, and commit at the end.

    Raises: ChatError if it is not such a file.
    """
    with _open(path) as connection:
        _require_format(connection, path)
        _prepare(connection)
        with connection:
            yield ExportDatabase(connection)


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file that nobody else knows yet; the caller syncs it.

    Raises: ChatError when the file cannot be written.
    """
    try:
        with closing(sqlite3.connect(path)) as connection:
            yield connection
    except sqlite3.OperationalError as error:
        raise ChatError(
            f"The export cannot be written to {path.parent} ({error}); nothing was changed. Make room or "
            "check the folder, and try again."
        ) from error


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = MEMORY")  # no second file
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA secure_delete = ON")


def _require_format(connection: sqlite3.Connection, path: Path) -> None:
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (format_,) = connection.execute("SELECT value FROM info WHERE name = 'format'").fetchone() or (None,)
    except sqlite3.DatabaseError:
        application, format_ = 0, None
    if application != APPLICATION_ID or format_ != FORMAT:
        raise ChatError(f"{path} is not an export that can be continued; choose another file.")
