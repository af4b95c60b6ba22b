"""Compares the tables that a replay has built with the stored ones.

With a position to start from, tables may differ in what earlier events left, because an earlier
version wrote them, or some of the events were removed. The tables as they were at that position are
kept (`remember`), and only what the events after it changed is compared.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from app.clock import to_text
from app.services.replay.rules import DerivedTable
from app.services.replay.scratch import STORED

MAX_PROBLEMS = 20  # per table and kind of problem


def remember(connection: Connection, table: DerivedTable) -> None:
    """Keep the table as it is now, to compare only what changes later."""
    copied = f'SELECT * FROM main."{table.name}"'  # noqa: S608
    connection.exec_driver_sql(f'CREATE TABLE "before_{table.name}" AS {copied}')
    keys = ", ".join(f'"{key}"' for key in table.keys)
    connection.exec_driver_sql(f'CREATE INDEX "ix_before_{table.name}" ON "before_{table.name}" ({keys})')


def compare(connection: Connection, table: DerivedTable, has_memory: bool) -> Iterator[str]:
    """Yield a sentence for each row of a table that differs from the replay."""
    before = _Before(table) if has_memory else _Nothing()
    yield from _find_lost_rows(connection, table, before)
    yield from _find_additional_rows(connection, table, before)
    yield from _find_changed_rows(connection, table, before)


class _Nothing:
    """The state of a table before the first event: no rows."""

    join = ""
    may_be_additional = "1"
    unknown_columns: frozenset[str] = frozenset()

    def is_new(self, expression: str) -> str:
        """Return the condition that an event set the value."""
        return "1"


class _Before:
    """The state of a table that was kept."""

    def __init__(self, table: DerivedTable) -> None:
        self._table = table
        self.unknown_columns = table.accumulated
        self.join = (
            f'LEFT JOIN main."before_{table.name}" AS before ON {_same_key(table, "before", "derived")}'
        )
        keys = _same_key(table, "before", "kept")
        self.may_be_additional = f'EXISTS (SELECT 1 FROM main."before_{table.name}" AS before WHERE {keys})'  # noqa: S608

    def is_new(self, expression: str) -> str:
        """Return the condition that an event after the start set the value."""
        before, derived = expression.format(row="before"), expression.format(row="derived")
        key = f'before."{self._table.keys[0]}"'
        return f"({key} IS NULL OR {before} IS NOT {derived})"


def _same_key(table: DerivedTable, one: str, other: str) -> str:
    return " AND ".join(f'{one}."{key}" = {other}."{key}"' for key in table.keys)


def _from_both(table: DerivedTable, before: _Before | _Nothing) -> str:
    kept = f'LEFT JOIN {STORED}."{table.name}" AS kept ON {_same_key(table, "kept", "derived")}'
    return f'FROM main."{table.name}" AS derived {kept} {before.join}'


def _find_lost_rows(connection: Connection, table: DerivedTable, before: _Before | _Nothing) -> Iterator[str]:
    is_new = before.is_new(f'{{row}}."{table.keys[0]}"')
    condition = f'kept."{table.keys[0]}" IS NULL AND {is_new}'
    for key in _find(connection, table, "derived", _from_both(table, before), condition):
        yield f"The table {table.name} lacks the row {key}, which the log creates."


def _find_additional_rows(
    connection: Connection, table: DerivedTable, before: _Before | _Nothing
) -> Iterator[str]:
    source = (
        f'FROM {STORED}."{table.name}" AS kept '
        f'LEFT JOIN main."{table.name}" AS derived ON {_same_key(table, "derived", "kept")}'
    )
    condition = f'derived."{table.keys[0]}" IS NULL AND {before.may_be_additional}'
    for key in _find(connection, table, "kept", source, condition):
        yield f"The table {table.name} has the row {key}, which the log does not create, or deletes."


def _find_changed_rows(
    connection: Connection, table: DerivedTable, before: _Before | _Nothing
) -> Iterator[str]:
    for column, expression in table.columns():
        if column in before.unknown_columns:
            continue
        derived, kept = expression.format(row="derived"), expression.format(row="kept")
        condition = f'kept."{table.keys[0]}" IS NOT NULL AND {derived} IS NOT {kept}'
        condition += f" AND {before.is_new(expression)}"
        for key in _find(connection, table, "derived", _from_both(table, before), condition):
            yield f"The column {column} of the row {key} of the table {table.name} differs from the log."


def _find(
    connection: Connection, table: DerivedTable, row: str, source: str, condition: str
) -> Iterator[str]:
    """Yield the keys of the rows that meet a condition."""
    keys = ", ".join(f'{row}."{key}"' for key in table.keys)
    query = f"SELECT {keys} {source} WHERE {condition} LIMIT {MAX_PROBLEMS}"
    for found in connection.exec_driver_sql(query):
        yield "/".join(map(str, found))


def find_lost_audit_entries(connection: Connection, begin: int) -> Iterator[str]:
    """Yield a sentence for each entry after `begin` that the audit log should have, but lacks."""
    columns = "at, actor, action, target, detail"
    query = (
        f"SELECT {columns} FROM main.audit WHERE id > {begin} "  # noqa: S608
        f"EXCEPT SELECT {columns} FROM {STORED}.audit ORDER BY at LIMIT {MAX_PROBLEMS}"
    )
    for at, _, action, target, _ in connection.exec_driver_sql(query):
        yield f"The audit log lacks the entry {action} {target} of {to_text(at)}."


def count_audit_entries(connection: Connection) -> int:
    """Return the number of entries of the audit log that events have made so far."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM main.audit").scalar_one())
