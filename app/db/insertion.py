"""Inserting many rows at once: by statements compiled once for a table and a database.

To have a statement prepared anew for each row, or each time, costs more than to run it.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, insert

from app.db.models.columns import Base
from app.db.sqlite import by_driver

ROWS_A_STATEMENT = 1024  # SQLite takes up to 32,766 values

Row = Mapping[str, object]


def add_rows(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows that have values for the same columns, which the driver takes as they are."""
    if rows:
        _insertion(model, tuple(rows[0]), connection.dialect).run(connection, rows)


@lru_cache(maxsize=64)
def _insertion(model: type[Base], columns: tuple[str, ...], dialect: Dialect) -> "Insertion":
    return Insertion(model, columns, dialect)


class Insertion:
    """The statement that inserts rows of some columns into a table."""

    def __init__(self, model: type[Base], columns: Sequence[str], dialect: Dialect) -> None:
        compiled = insert(model).compile(dialect=dialect, column_keys=list(columns))
        names: Sequence[str] | None = getattr(compiled, "positiontup", None)
        self._values = None if names is None else itemgetter(*names)
        self._statement = str(compiled)
        self._together: dict[int, str] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows."""
        if self._values is None:
            connection.exec_driver_sql(self._statement, [dict(row) for row in rows])
        else:
            self._run_together(connection, list(map(self._values, rows)))

    def _run_together(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert many rows by a statement, so many as are a power of two: there are few statements to be kept.

        SQLite's driver lets go of the interpreter's lock for every step. With a step for each row, the engine
        would wait in line behind all readers at each row.
        """
        done = 0
        while done < len(rows):
            count = min(1 << (len(rows) - done).bit_length() - 1, ROWS_A_STATEMENT)
            values = tuple(chain.from_iterable(rows[done : done + count]))
            by_driver(connection, self._inserting(count), values)
            done += count

    def _inserting(self, count: int) -> str:
        """Return the statement for so many rows, the same text each time: the driver keeps what it made of it."""
        if count not in self._together:
            head, _, row = self._statement.partition(" VALUES ")
            self._together[count] = f"{head} VALUES {', '.join([row] * count)}"
        return self._together[count]
