"""The space of removed rows, and commits that need not wait for the disk."""

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Engine

from app.db.database import Database
from app.db.space.postgresql import PostgreSQLSpace
from app.db.space.sqlite import SQLiteSpace


class Space(Protocol):
    """The management of free space in one database."""

    def begin_lazily(self, connection: Connection) -> AbstractContextManager[None]:
        """Begin a transaction that commits at the end of the block without waiting for the disk.

        A power failure may undo it, but leaves nothing half done.
        """

    def count_free_pages(self, connection: Connection) -> int:
        """Return the number of free pages that `shrink` can return. Begins no transaction."""

    def shrink(self, connection: Connection, pages: int) -> None:
        """Return some free pages to the file system. Requires the log's lock."""

    def vacuum(self, database: Database) -> None:
        """Rewrite the database without free pages, so that `shrink` works from now on.

        Raises: DatabaseRefused while a server would have to wait for it; StorageError without
            enough space.
        """


_BY_DIALECT: dict[str, Space] = {"sqlite": SQLiteSpace(), "postgresql": PostgreSQLSpace()}


def space_of(connected: Connection | Engine) -> Space:
    """Return the management of free space in the database of a connection or an engine."""
    return _BY_DIALECT[connected.dialect.name]
