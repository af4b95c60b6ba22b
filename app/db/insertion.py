"""Bulk insertion with statements that are compiled once per table and dialect.

Compiling and preparing a statement for each call, or each row, costs more than running it.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol

from sqlalchemy import Connection, Dialect, insert

from app.db.models.columns import Base
from app.db.sqlite import execute_on_driver

MAX_ROWS_PER_STATEMENT = 1024  # SQLite allows 32,766 parameters in a statement

Row = tuple[Any, ...]


def insert_rows(
    connection: Connection, model: type[Base], columns: tuple[str, ...], rows: Sequence[Row]
) -> None:
    """Insert rows whose values are already in the driver's types.

    Raises: ValueError when `columns` are not columns of the table, in the table's order.
    """
    if rows:
        _insertion(model, columns, connection.dialect).run(connection, rows)


@lru_cache(maxsize=64)
def _insertion(model: type[Base], columns: tuple[str, ...], dialect: Dialect) -> "Insertion":
    if columns != tuple(column.name for column in model.__table__.columns if column.name in columns):
        raise ValueError(f"not columns of the table {model.__tablename__}, in its order: {columns}")
    statement = str(insert(model).compile(dialect=dialect, column_keys=list(columns)))
    return MultiRowInsertion(statement) if dialect.name == "sqlite" else NamedInsertion(statement, columns)


class Insertion(Protocol):
    """Inserts rows into some columns of a table."""

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows."""


class NamedInsertion:
    """Inserts rows with `executemany` and named parameters."""

    def __init__(self, statement: str, columns: tuple[str, ...]) -> None:
        self._statement = statement
        self._columns = columns

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows."""
        parameters = [dict(zip(self._columns, row, strict=True)) for row in rows]
        connection.exec_driver_sql(self._statement, parameters)


class MultiRowInsertion:
    """Inserts rows in multi-row statements of powers of two, to limit the number of statements.

    SQLite's driver releases the GIL in every step. With one step per row, the engine would compete
    with the receiving threads for the GIL once per row.
    """

    def __init__(self, statement: str) -> None:
        self._head, _, self._row = statement.partition(" VALUES ")
        self._statements: dict[int, str] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows."""
        done = 0
        while done < len(rows):
            count = min(1 << ((len(rows) - done).bit_length() - 1), MAX_ROWS_PER_STATEMENT)
            values = tuple(chain.from_iterable(rows[done : done + count]))
            execute_on_driver(connection, self._statement_for(count), values)
            done += count

    def _statement_for(self, count: int) -> str:
        """Return the statement for a number of rows. The driver caches it by its text."""
        if count not in self._statements:
            self._statements[count] = f"{self._head} VALUES {', '.join([self._row] * count)}"
        return self._statements[count]
