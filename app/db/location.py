"""Checks the file of an SQLite database: its location, its permissions and its file system."""

import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db.database import Database
from app.errors import DatabaseRefused

_any_table = text("SELECT count(*) FROM sqlite_schema")


def find_location_problem(database: Database) -> str | None:
    """Return a sentence explaining why the server cannot use the location, or None."""
    if database.dialect.name != "sqlite":
        return None
    path = Path(database.url.database or "")
    if not path.parent.is_dir():
        return f"The database folder {path.parent} does not exist; create it, or name another file."
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return f"The database folder {path.parent} is not writable; change that, or name another file."
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return f"{path} is not readable and writable by this user; change that, or name another file."
    return None


def find_exposure(database: Database) -> str | None:
    """Return a warning if other users can read or change the files of the database, or None."""
    if database.dialect.name != "sqlite":
        return None
    path = database.url.database or ""
    for file in (Path(path), Path(f"{path}-wal"), Path(f"{path}-shm")):
        with suppress(OSError):
            if file.stat().st_size and file.stat().st_mode & 0o007:
                return (
                    f"Other users have access to {file}, which contains messages and password hashes; "
                    f"change that with: chmod o= {shlex.quote(path)}*"
                )
    return None


def find_free_bytes(database: Database) -> int | None:
    """Return the free disk space for an SQLite database; None for a database on a server.

    Raises: OSError when the folder does not exist.
    """
    if database.dialect.name != "sqlite":
        return None
    return shutil.disk_usage(Path(database.url.database or "").absolute().parent).free


@contextmanager
def require_usable_file(database: Database) -> Iterator[None]:
    """Read the database once after the block that prepares it, with the locks of a transaction.

    On some network file systems, locks or shared memory do not work. SQLite reports that as an I/O
    error, which does not say what to change.

    Raises: DatabaseRefused when SQLite cannot lock, share, read or write the file.
    """
    try:
        yield
        if database.dialect.name == "sqlite":
            with database.engine.connect() as connection:
                connection.execute(_any_table)
    except DBAPIError as error:
        if database.dialect.name != "sqlite":
            raise
        raise DatabaseRefused(
            f"{database} cannot be used ({error.orig}). SQLite needs a file system with locks and shared "
            "memory, so not a network file system; name a file on a local disk, or use PostgreSQL."
        ) from error
