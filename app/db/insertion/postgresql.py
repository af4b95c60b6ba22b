"""Bulk insertion on PostgreSQL: one statement, and one parameter with all rows as JSON.

The statement is prepared once for any number of rows. With a parameter for each value, the driver
takes as long, and needs a statement for each number of rows.
"""

from collections.abc import Sequence
from json import JSONEncoder
from typing import Any, cast

from sqlalchemy import (
    JSON,
    Column,
    ColumnClause,
    ColumnElement,
    Connection,
    Dialect,
    String,
    Table,
    Text,
    bindparam,
    column,
    func,
    insert,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import TypeEngine

from app.db.models.columns import Base


class JsonInsertion:
    """Inserts rows into some columns of a table."""

    def __init__(self, model: type[Base], columns: tuple[str, ...], dialect: Dialect) -> None:
        self._columns = columns
        table = cast(Table, model.__table__)
        target = [table.c[name] for name in columns]
        rows = func.json_to_recordset(bindparam("rows", type_=JSON))
        parsed = rows.table_valued(*map(_parsed, target)).render_derived(with_types=True)
        values = select(*(_converted(parsed.c[one.name], one.type) for one in target))
        self._statement = str(insert(table).from_select(list(columns), values).compile(dialect=dialect))

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert the rows."""
        from app.db.postgresql.driver import execute_on_driver  # deferred: the driver is optional

        objects = [dict(zip(self._columns, row, strict=True)) for row in rows]
        execute_on_driver(connection, self._statement, {"rows": _encode(objects)})


def _parsed(target: Column[Any]) -> ColumnClause[Any]:
    """Return the column as it is read from JSON; texts without a limit, which the table checks."""
    return column(target.name, Text() if isinstance(target.type, String | JSON) else target.type)


def _converted(parsed: ColumnElement[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """Return the expression for a value. JSON was passed as text, to be stored unchanged."""
    return sql_cast(parsed, kind) if isinstance(kind, JSON) else parsed


def _to_text(value: object) -> str:
    """Return bytes in PostgreSQL's hexadecimal format.

    Raises: TypeError for other types, which JSON has no form for.
    """
    if not isinstance(value, bytes):
        raise TypeError(f"not a value of a column: {value!r}")
    return f"\\x{value.hex()}"


_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_to_text).encode
