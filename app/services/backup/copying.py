"""Copies one consistent state of a database into a new SQLite file."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from app.db.database import Database
from app.db.sqlite.snapshot import copy_snapshot

CopyProgress = Callable[[int, int], None]  # done, total


def copy_to_file(database: Database, target: Path, report: CopyProgress) -> None:
    """Copy a database, which may be in use, into an empty file.

    Raises: StorageError; sqlite3.Error or OSError when the file cannot be written.
    """
    path = Path(database.url.database or "")
    with closing(sqlite3.connect(path, isolation_level=None)) as source:
        copy_snapshot(source, path, target, report)
