"""Bulk access to the tables of an SQLite database."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from app.db.copying.table_shape import PAGE_ROWS, Row, TableShape
from app.db.sqlite.driver import execute_many_on_driver, execute_on_driver


class SQLiteBulkAccess:
    """Reads pages by key, and inserts with `executemany`."""

    def read_pages(
        self, connection: Connection, table: TableShape, after: Row | None = None
    ) -> Iterator[list[Row]]:
        """Read each page with a statement of its own, so that the table may change in between."""
        while True:
            statement = table.select(connection.dialect, "?", "", after is not None)
            page = execute_on_driver(connection, f"{statement} LIMIT {PAGE_ROWS}", after or ()).fetchall()
            if page:
                yield page
            if len(page) < PAGE_ROWS:
                return
            after = table.key_of(page[-1])

    def last_key(self, connection: Connection, table: TableShape) -> Row | None:
        """Read it from the index of the primary key."""
        statement = table.select_last_key(connection.dialect, "")
        found: Row | None = execute_on_driver(connection, statement).fetchone()
        return found

    def insert(self, connection: Connection, table: TableShape, rows: Sequence[Row]) -> None:
        """Insert the rows with one prepared statement."""
        name, columns = table.quoted_name(connection.dialect), table.column_list(connection.dialect)
        places = ", ".join("?" * len(table.columns))
        execute_many_on_driver(connection, f"INSERT INTO {name} ({columns}) VALUES ({places})", rows)  # noqa: S608

    def delete(self, connection: Connection, table: TableShape, keys: Sequence[Row]) -> None:
        """Delete the rows with one prepared statement."""
        name, condition = table.quoted_name(connection.dialect), table.key_condition(connection.dialect, "?")
        execute_many_on_driver(connection, f"DELETE FROM {name} WHERE {condition}", keys)  # noqa: S608

    def finish(self, connection: Connection, tables: Sequence[TableShape]) -> None:
        """Do nothing: the next key of a table follows its largest one."""
