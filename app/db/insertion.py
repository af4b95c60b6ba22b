"""Inserting many rows at once: by statements compiled once for a table and a database.

To have a statement prepared anew for each row, or each time, costs more than to run it.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol

from sqlalchemy import Connection, Dialect, insert

from app.db.models.columns import Base
from app.db.sqlite import execute_on_driver

MAX_ROWS_PER_STATEMENT = 1024  # SQLite takes up to 32,766 values

Row = tuple[Any, ...]


def insert_rows(
    connection: Connection, model: type[Base], columns: tuple[str, ...], rows: Sequence[Row]
) -> None:
    """Insert rows of values as the driver takes them.

    Raises: ValueError when the columns are not in the order of the table.
    """
    if rows:
        _insertion(model, columns, connection.dialect).run(connection, rows)


@lru_cache(maxsize=64)
def _insertion(model: type[Base], columns: tuple[str, ...], dialect: Dialect) -> "Insertion":
    if columns != tuple(column.name for column in model.__table__.columns if column.name in columns):
        raise ValueError(f"columns of {model.__tablename__} in another order, or not of it: {columns}")
    statement = str(insert(model).compile(dialect=dialect, column_keys=list(columns)))
    return MultiRowInsertion(statement) if dialect.name == "sqlite" else NamedInsertion(statement, columns)


class Insertion(Protocol):
    """How one database is given many rows for some columns of a table."""

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows."""


class NamedInsertion:
    """One after the other, by a statement that knows the values by the names of the columns."""

    def __init__(self, statement: str, columns: tuple[str, ...]) -> None:
        self._statement = statement
        self._columns = columns

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows."""
        named = [dict(zip(self._columns, row, strict=True)) for row in rows]
        connection.exec_driver_sql(self._statement, named)


class MultiRowInsertion:
    """Many rows by a statement, so many as are a power of two: there are few statements to be kept.

    SQLite's driver lets go of the interpreter's lock for every step. With a step for each row, the engine would
    wait in line behind all readers at each row.
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
            execute_on_driver(connection, self._inserting(count), values)
            done += count

    def _inserting(self, count: int) -> str:
        """Return the statement for so many rows, the same text each time: the driver keeps what it made of it."""
        if count not in self._statements:
            self._statements[count] = f"{self._head} VALUES {', '.join([self._row] * count)}"
        return self._statements[count]
