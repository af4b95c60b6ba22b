"""Bulk access to the tables of a PostgreSQL database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.db.copying.table_shape import PAGE_ROWS, Row, TableShape

_BY_CODE_POINT = 'COLLATE "C"'


class PostgreSQLBulkAccess:
    """Reads with a cursor on the server, and inserts with COPY."""

    def read_pages(
        self, connection: Connection, table: TableShape, after: Row | None = None
    ) -> Iterator[list[Row]]:
        """Read with one cursor, which does not see later changes of the same transaction."""
        statement = table.select(connection.dialect, "%s", _BY_CODE_POINT, after is not None)
        with _translated(statement), _driver(connection).cursor(f"copy_{table.name}", binary=True) as cursor:
            cursor.itersize = PAGE_ROWS
            cursor.execute(statement, after)
            while page := cursor.fetchmany(PAGE_ROWS):
                yield page

    def last_key(self, connection: Connection, table: TableShape) -> Row | None:
        """Read it from the index of the primary key, or sort if it contains text."""
        statement = table.select_last_key(connection.dialect, _BY_CODE_POINT)
        found = connection.exec_driver_sql(statement).first()
        return None if found is None else tuple(found)

    def insert(self, connection: Connection, table: TableShape, rows: Sequence[Row]) -> None:
        """Insert the rows with COPY."""
        name, columns = table.quoted_name(connection.dialect), table.column_list(connection.dialect)
        statement = f"COPY {name} ({columns}) FROM STDIN"
        with _translated(statement), _driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def delete(self, connection: Connection, table: TableShape, keys: Sequence[Row]) -> None:
        """Delete the rows with one prepared statement."""
        name, condition = table.quoted_name(connection.dialect), table.key_condition(connection.dialect, "%s")
        statement = f"DELETE FROM {name} WHERE {condition}"  # noqa: S608
        with _translated(statement), _driver(connection).cursor() as cursor:
            cursor.executemany(statement, keys)

    def finish(self, connection: Connection, tables: Sequence[TableShape]) -> None:
        """Let sequences continue after the largest key, and collect the planner's statistics."""
        for table in tables:
            _set_sequence(connection, table)
        connection.exec_driver_sql("ANALYZE")


def _set_sequence(connection: Connection, table: TableShape) -> None:
    key = table.table.autoincrement_column
    if key is None:
        return
    name = table.quoted_name(connection.dialect)
    column = connection.dialect.identifier_preparer.quote(key.name)
    connection.exec_driver_sql(
        f"SELECT setval(pg_get_serial_sequence('{name}', '{key.name}'), max({column}))"  # noqa: S608
        f" FROM {name} HAVING max({column}) >= 1"
    )


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    return cast(psycopg.Connection[Any], connection.connection.driver_connection)


@contextmanager
def _translated(statement: str) -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy does."""
    try:
        yield
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error, hide_parameters=True) from error
