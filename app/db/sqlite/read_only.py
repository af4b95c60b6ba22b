"""Opening an SQLite file for reading, without changing it or creating files beside it."""

import sqlite3
from pathlib import Path
from urllib.parse import quote

from app.errors import DatabaseRefused

_WAL_MODE = 2  # value of the read version, byte 19 of the file header


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


def read_header(path: Path) -> bytes:
    """Return the first 20 bytes of an SQLite file.

    Raises: DatabaseRefused when it is not an SQLite file or cannot be read.
    """
    if path.is_dir():
        raise DatabaseRefused(f"{path} is a folder, not a database file; name a file.")
    try:
        with path.open("rb") as file:
            header = file.read(20)
    except OSError as error:
        raise DatabaseRefused(f"{path} cannot be read ({error.strerror}); nothing was changed.") from error
    if header[:16] != b"SQLite format 3\0":
        raise DatabaseRefused(f"{path} is not an SQLite database; nothing was changed. Name another file.")
    return header
