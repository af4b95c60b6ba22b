"""Bulk access to whole tables, for copying a database."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Protocol

from sqlalchemy import Connection, Engine

from app.db.copying.sqlite_bulk import SQLiteBulkAccess
from app.db.copying.table_shape import Row, TableShape


class BulkAccess(Protocol):
    """Bulk access on one database.

    Raises: DBAPIError from any method.
    """

    def read_pages(
        self, connection: Connection, table: TableShape, after: Row | None = None
    ) -> Iterator[list[Row]]:
        """Read the rows in pages, ordered by key, optionally only those after a key.

        Rows with smaller keys than the last one read may be changed in the same transaction.
        """

    def last_key(self, connection: Connection, table: TableShape) -> Row | None:
        """Return the largest key in the order in which rows are read, or None."""

    def insert(self, connection: Connection, table: TableShape, rows: Sequence[Row]) -> None:
        """Insert rows."""

    def delete(self, connection: Connection, table: TableShape, keys: Sequence[Row]) -> None:
        """Delete the rows with these keys."""

    def finish(self, connection: Connection, tables: Sequence[TableShape]) -> None:
        """Adapt sequences and statistics to the rows inserted."""


@cache
def _access(dialect: str) -> BulkAccess:
    if dialect == "sqlite":
        return SQLiteBulkAccess()
    from app.db.copying.postgresql_bulk import PostgreSQLBulkAccess  # deferred: the driver is optional

    return PostgreSQLBulkAccess()


def bulk_access_of(connected: Connection | Engine) -> BulkAccess:
    """Return the bulk access to the database of a connection or an engine."""
    return _access(connected.dialect.name)
