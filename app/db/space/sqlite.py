"""Free pages of an SQLite database.

Pages of removed rows are overwritten with zeros (`secure_delete`) and used again. They are returned
to the file system only if the file has `auto_vacuum`, which new databases have and older ones get
from a VACUUM: `incremental_vacuum` then moves pages from the end of the file to free ones.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection

from app.db.database import Database
from app.db.sqlite.driver import execute_on_driver, fetch_int
from app.errors import StorageError

VACUUM_SPACE = 2  # times the size of the database: a copy, and a write-ahead log with all its pages
_INCREMENTAL = 2  # value of `PRAGMA auto_vacuum`


class SQLiteSpace:
    """The free pages of the database file."""

    @contextmanager
    def begin_lazily(self, connection: Connection) -> Iterator[None]:
        """Commit without a sync of the write-ahead log; the next commit syncs all of it."""
        execute_on_driver(connection, "PRAGMA synchronous=NORMAL")
        try:
            with connection.begin():
                yield
        finally:
            execute_on_driver(connection, "PRAGMA synchronous=FULL")

    def count_free_pages(self, connection: Connection) -> int:
        """Return the length of the list of free pages, or 0 without `auto_vacuum`."""
        if fetch_int(connection, "PRAGMA auto_vacuum") != _INCREMENTAL:
            return 0
        return fetch_int(connection, "PRAGMA freelist_count")

    def shrink(self, connection: Connection, pages: int) -> None:
        """Move pages from the end of the file to free ones, each with a statement of its own.

        Python's driver ends a statement without columns after its first step, which moves one page.
        """
        for _ in range(pages):
            execute_on_driver(connection, "PRAGMA incremental_vacuum(1)")

    def vacuum(self, database: Database) -> None:
        """Rewrite the file, with its temporary copy beside it. No server may run meanwhile."""
        folder = Path(database.url.database or "").absolute().parent
        with closing(database.dialect.claim(database.engine)), database.engine.connect() as connection:
            _require_space(folder, database.dialect.size(connection))
            connection.rollback()
            os.environ["SQLITE_TMPDIR"] = str(folder)
            execute_on_driver(connection, f"PRAGMA auto_vacuum={_INCREMENTAL}")
            execute_on_driver(connection, "VACUUM")
            database.dialect.truncate_log(connection)


def _require_space(folder: Path, size: int) -> None:
    """Check that the disk has room for a VACUUM.

    Raises: StorageError.
    """
    free, needed = shutil.disk_usage(folder).free, VACUUM_SPACE * size
    if free < needed:
        raise StorageError(
            f"{folder} has {free >> 20} MiB free, but rewriting the database takes up to "
            f"{(needed >> 20) + 1} MiB meanwhile; nothing was changed. Make room, and try again."
        )
