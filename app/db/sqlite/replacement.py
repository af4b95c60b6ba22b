"""Puts a new file in place of an SQLite database that no server uses, and keeps the old one.

A write-ahead log belongs to one database; beside another one it would damage it. The log of the old
database is therefore saved to its file first, or set aside together with it.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from app.db.sqlite.claim import SQLiteClaim, lock_beside
from app.errors import AlreadyExists


@contextmanager
def claimed_file(path: Path) -> Iterator[None]:
    """Hold the claim on a database that may not exist, so that no server can start on it.

    Raises: DatabaseRefused while a server runs on it.
    """
    if not path.exists():
        with lock_beside(path):
            yield
        return
    with closing(SQLiteClaim(path)):
        yield


def set_aside(path: Path, kept: Path) -> None:
    """Give a database the path `kept`, in the same folder.

    If possible, it also keeps its old name, so that there is a database at any moment; the caller
    then replaces it.

    Raises: AlreadyExists; OSError.
    """
    if os.path.lexists(kept):
        raise AlreadyExists(f"{kept} already exists; nothing was changed. Rename it, and try again.")
    _save_log(path)
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size:
        path.rename(kept)
        log.rename(f"{kept}-wal")
    else:
        _link(path, kept)
    for companion in (log, Path(f"{path}-shm")):
        companion.unlink(missing_ok=True)


def _save_log(path: Path) -> None:
    """Copy the write-ahead log to the database, which removes it; a damaged database keeps it."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _link(path: Path, kept: Path) -> None:
    try:
        kept.hardlink_to(path)
    except OSError:  # a file system without hard links
        path.rename(kept)
