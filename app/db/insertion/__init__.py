"""Bulk insertion with statements that are compiled once per table and dialect.

Compiling and preparing a statement for each call, or each row, costs more than running it.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any, Protocol

from sqlalchemy import Connection, Dialect, insert

from app.db.insertion.postgresql import JsonInsertion
from app.db.models.columns import Base
from app.db.sqlite.driver import execute_on_driver

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


def insert_marked_rows(
    connection: Connection, model: type[Base], columns: tuple[str, ...], rows: Sequence[Row], mark: str
) -> None:
    """Insert rows without a value for the last column: it is `mark` in the first row, else NULL."""
    if connection.dialect.name == "sqlite":
        _marked_insertion(model, columns, connection.dialect).run(connection, [(*rows[0], mark), *rows[1:]])
    else:
        marks = (mark, *repeat(None, len(rows) - 1))
        insert_rows(connection, model, columns, [(*row, mark) for row, mark in zip(rows, marks, strict=True)])


@lru_cache(maxsize=64)
def _insertion(model: type[Base], columns: tuple[str, ...], dialect: Dialect) -> "Insertion":
    _require_order(model, columns)
    if dialect.name == "sqlite":
        return MultiRowInsertion(_compile(model, columns, dialect))
    return JsonInsertion(model, columns, dialect)


@lru_cache(maxsize=64)
def _marked_insertion(
    model: type[Base], columns: tuple[str, ...], dialect: Dialect
) -> "MarkedMultiRowInsertion":
    _require_order(model, columns)
    return MarkedMultiRowInsertion(_compile(model, columns, dialect), len(columns))


def _require_order(model: type[Base], columns: tuple[str, ...]) -> None:
    if columns != tuple(column.name for column in model.__table__.columns if column.name in columns):
        raise ValueError(f"not columns of the table {model.__tablename__}, in its order: {columns}")


def _compile(model: type[Base], columns: tuple[str, ...], dialect: Dialect) -> str:
    return str(insert(model).compile(dialect=dialect, column_keys=list(columns)))


class Insertion(Protocol):
    """Inserts rows into some columns of a table."""

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows."""


class MultiRowInsertion:
    """Inserts rows in multi-row statements of powers of two, to limit the number of statements.

    SQLite's driver releases the GIL in every step. With one step per row, the engine would compete
    with the receiving threads for the GIL once per row.
    """

    def __init__(self, statement: str) -> None:
        self._head, _, self._first_row = statement.partition(" VALUES ")
        self._next_row = self._first_row
        self._statements: dict[int, str] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows."""
        done = 0
        while done < len(rows):
            count = min(1 << ((len(rows) - done).bit_length() - 1), MAX_ROWS_PER_STATEMENT)
            values = chain.from_iterable(self._complete(rows[done : done + count]))
            execute_on_driver(connection, self._statement_for(count), tuple(values))
            done += count

    def _complete(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows of a statement with a value for each of its parameters."""
        return rows

    def _statement_for(self, count: int) -> str:
        """Return the statement for a number of rows. The driver caches it by its text."""
        if count not in self._statements:
            rows = [self._first_row, *[self._next_row] * (count - 1)]
            self._statements[count] = f"{self._head} VALUES {', '.join(rows)}"
        return self._statements[count]


class MarkedMultiRowInsertion(MultiRowInsertion):
    """Inserts rows of which only the first has a value for the last column.

    The other rows of a statement have no parameter for it, which would cost 15 % of the insertion.
    """

    def __init__(self, statement: str, width: int) -> None:
        super().__init__(statement)
        self._next_row = f"{self._first_row.removesuffix('?)')}NULL)"
        self._width = width

    def _complete(self, rows: Sequence[Row]) -> Sequence[Row]:
        is_complete = len(rows[0]) == self._width
        return rows if is_complete else [(*rows[0], None), *rows[1:]]
