"""Generated contents of a whole database: any row that both SQLite and PostgreSQL can store."""

from typing import Any

from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    LargeBinary,
    String,
    Table,
    insert,
    select,
)

from app.db.database import Database
from app.db.models import Base

MAX_ROWS = 4  # per table
NASTY = ("", "'", '"', "\\", "\\N", "\t", "\n\r", "\x01", "\x7f", "\u2028", "é", "e\u0301", "ß", "🫖", "NULL")

Contents = dict[str, list[dict[str, Any]]]


def texts(longest: int) -> st.SearchStrategy[str]:
    """Any text without NUL and lone surrogates, which PostgreSQL cannot store."""
    letters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    nasty = st.lists(st.sampled_from(NASTY), max_size=4).map("".join)
    return (st.text(letters, max_size=12) | nasty).map(lambda text: text[:longest])


numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.dictionaries(
    texts(8),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts(20)
    | st.just("\0\ud800"),
    max_size=3,
)


def values(column: Column[Any]) -> st.SearchStrategy[Any]:
    """Any value of a column that is not a foreign key."""
    if isinstance(column.type, Boolean):
        found: st.SearchStrategy[Any] = st.booleans()
    elif isinstance(column.type, JSON):
        found = json_values
    elif isinstance(column.type, String):
        found = texts(column.type.length or 5_000)
    elif isinstance(column.type, LargeBinary):
        found = st.binary(max_size=20)
    else:
        bits = 63 if isinstance(column.type, BigInteger) else 31
        found = st.integers(-(2**bits), 2**bits - 1) | st.integers(-3, 3)
    return st.none() | found if column.nullable else found


@st.composite
def contents(draw: st.DrawFn) -> Contents:
    """Rows for every table, which satisfy all its constraints."""
    made: Contents = {}
    for table in Base.metadata.sorted_tables:
        made[table.name] = _unique(table, draw(_rows(table, made)))
    for number, row in enumerate(made["event"], 1):
        row["id"] = number  # the positions of the log are contiguous
    return made


def _rows(table: Table, made: Contents) -> st.SearchStrategy[list[dict[str, Any]]]:
    columns = {column.name: _column_values(column, made) for column in table.columns}
    is_possible = not any(strategy.is_empty for strategy in columns.values())
    return st.lists(st.fixed_dictionaries(columns), max_size=MAX_ROWS if is_possible else 0)


def _column_values(column: Column[Any], made: Contents) -> st.SearchStrategy[Any]:
    if not column.foreign_keys:
        return values(column)
    (key,) = column.foreign_keys
    referenced = [row[key.column.name] for row in made[key.column.table.name]]
    choices = [None, *referenced] if column.nullable else referenced
    return st.sampled_from(choices) if choices else st.nothing()


def _unique(table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out rows that violate the primary key or a unique constraint."""
    groups = [tuple(c.name for c in table.primary_key), *((c.name,) for c in table.columns if c.unique)]
    seen: set[Any] = set()
    kept = []
    for row in rows:
        keys = {(group, *(row[name] for name in group)) for group in groups}
        if not keys & seen:
            kept.append(row)
            seen |= keys
    return kept


def fill(database: Database, made: Contents) -> None:
    """Insert the rows."""
    with database.locked() as connection:
        for table in Base.metadata.sorted_tables:
            if made[table.name]:
                connection.execute(insert(table), made[table.name])


def replace(database: Database, made: Contents) -> None:
    """Delete all rows, then insert these."""
    with database.locked() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    fill(database, made)


def read(database: Database) -> Contents:
    """Return all rows of all tables, ordered by all columns."""
    with database.engine.connect() as connection:
        return {table.name: _read_table(connection, table) for table in Base.metadata.sorted_tables}


def _read_table(connection: Connection, table: Table) -> list[dict[str, Any]]:
    rows = [dict(row._mapping) for row in connection.execute(select(table))]
    return sorted(rows, key=lambda row: repr([row[column.name] for column in table.primary_key]))
