"""The shape of a table for bulk access: its columns, its key, and the statements that read it.

Rows are tuples of integers, strings, bytes and None, in the same form on every database: a boolean
is 0 or 1, and JSON is its text. So rows of different databases can be compared with each other.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Dialect, String, Table

Row = tuple[Any, ...]

PAGE_ROWS = 2_000  # read or written at a time: at most some 30 MiB, even if every text is very long


class TableShape:
    """The columns of a table in order, and which of them are its primary key."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.name = table.name
        self.columns = tuple(column.name for column in table.columns)
        self._key = tuple(self.columns.index(column.name) for column in table.primary_key.columns)

    def key_of(self, row: Row) -> Row:
        """Return the primary key of a row. Keys sort in the order in which rows are read."""
        return tuple(row[place] for place in self._key)

    def quoted_columns(self, dialect: Dialect) -> list[str]:
        """Return the names of the columns in an SQL statement."""
        return list(map(dialect.identifier_preparer.quote, self.columns))

    def quoted_keys(self, dialect: Dialect) -> list[str]:
        """Return the names of the columns of the primary key in an SQL statement."""
        return [dialect.identifier_preparer.quote(self.columns[place]) for place in self._key]

    def column_list(self, dialect: Dialect) -> str:
        """Return the names of the columns in an SQL statement, separated by commas."""
        return ", ".join(self.quoted_columns(dialect))

    def quoted_name(self, dialect: Dialect) -> str:
        """Return the name of the table in an SQL statement."""
        return dialect.identifier_preparer.quote(self.name)

    def key_condition(self, dialect: Dialect, placeholder: str) -> str:
        """Return the condition that selects a row by its key."""
        return " AND ".join(f"{key} = {placeholder}" for key in self.quoted_keys(dialect))

    def select(self, dialect: Dialect, placeholder: str, collation: str, is_continued: bool) -> str:
        """Return the statement that reads rows in the order of their keys.

        `collation` makes a text key sort by code point. A continued read starts after the key that
        is passed as parameters.
        """
        quote = dialect.identifier_preparer.quote
        values = ", ".join(_value(column, quote(column.name)) for column in self.table.columns)
        keys = [_sort_key(column, quote(column.name), collation) for column in self._key_columns()]
        after = f"WHERE ({', '.join(keys)}) > ({_list(placeholder, keys)})" if is_continued else ""
        return f"SELECT {values} FROM {quote(self.name)} {after} ORDER BY {', '.join(keys)}"  # noqa: S608

    def select_last_key(self, dialect: Dialect, collation: str) -> str:
        """Return the statement that reads the largest key."""
        quote = dialect.identifier_preparer.quote
        keys = [_sort_key(column, quote(column.name), collation) for column in self._key_columns()]
        order = ", ".join(f"{key} DESC" for key in keys)
        names = ", ".join(self.quoted_keys(dialect))
        return f"SELECT {names} FROM {quote(self.name)} ORDER BY {order} LIMIT 1"  # noqa: S608

    def _key_columns(self) -> list[Column[Any]]:
        return [self.table.columns[self.columns[place]] for place in self._key]


def _value(column: Column[Any], name: str) -> str:
    """Return the expression for a value in the form that is the same on every database."""
    if isinstance(column.type, Boolean):
        return f"CAST({name} AS INTEGER)"
    return f"CAST({name} AS TEXT)" if isinstance(column.type, JSON) else name


def _sort_key(column: Column[Any], name: str, collation: str) -> str:
    return f"{name} {collation}".rstrip() if isinstance(column.type, String) else name


def _list(placeholder: str, values: Sequence[str]) -> str:
    return ", ".join([placeholder] * len(values))
