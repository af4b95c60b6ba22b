"""Compares the tables that a replay has built with the stored ones.

With a position to start from, tables may differ in what earlier events left, because an earlier
version wrote them, or some of the events were removed. The tables as they were at that position are
kept (`remember`), and only what the events after it changed is compared.
"""

from collections.abc import Iterator

from app.clock import to_text
from app.db.scratch.tables import ScratchTables
from app.services.replay.rules import DerivedTable

MAX_PROBLEMS = 20  # per table and kind of problem


def remember(tables: ScratchTables, table: DerivedTable) -> None:
    """Keep the table as it is now, to compare only what changes later."""
    connection, name = tables.connection, f"before_{table.name}"
    copied = f'SELECT * FROM {tables.scratch}."{table.name}"'  # noqa: S608
    connection.exec_driver_sql(f'CREATE TABLE {tables.scratch}."{name}" AS {copied}')
    keys = ", ".join(f'"{key}"' for key in table.keys)
    connection.exec_driver_sql(f'CREATE INDEX "ix_{name}" ON "{name}" ({keys})')


def compare(tables: ScratchTables, table: DerivedTable, has_memory: bool) -> Iterator[str]:
    """Yield a sentence for each row of a table that differs from the replay."""
    before = _Before(tables, table) if has_memory else _Nothing()
    yield from _find_lost_rows(tables, table, before)
    yield from _find_additional_rows(tables, table, before)
    yield from _find_changed_rows(tables, table, before)


class _Nothing:
    """The state of a table before the first event: no rows."""

    join = ""
    may_be_additional = "1 = 1"
    unknown_columns: frozenset[str] = frozenset()

    def is_new(self, expression: str) -> str:
        """Return the condition that an event set the value."""
        return "1 = 1"


class _Before:
    """The state of a table that was kept."""

    def __init__(self, tables: ScratchTables, table: DerivedTable) -> None:
        self._table = table
        self._differs = tables.differs
        kept = f'{tables.scratch}."before_{table.name}" AS before'
        self.unknown_columns = table.accumulated
        self.join = f"LEFT JOIN {kept} ON {_same_key(table, 'before', 'derived')}"
        keys = _same_key(table, "before", "kept")
        self.may_be_additional = f"EXISTS (SELECT 1 FROM {kept} WHERE {keys})"  # noqa: S608

    def is_new(self, expression: str) -> str:
        """Return the condition that an event after the start set the value."""
        before, derived = expression.format(row="before"), expression.format(row="derived")
        key = f'before."{self._table.keys[0]}"'
        return f"({key} IS NULL OR {before} {self._differs} {derived})"


def _same_key(table: DerivedTable, one: str, other: str) -> str:
    return " AND ".join(f'{one}."{key}" = {other}."{key}"' for key in table.keys)


def _from_both(tables: ScratchTables, table: DerivedTable, before: _Before | _Nothing) -> str:
    kept = f'LEFT JOIN {tables.stored}."{table.name}" AS kept ON {_same_key(table, "kept", "derived")}'
    return f'FROM {tables.scratch}."{table.name}" AS derived {kept} {before.join}'


def _find_lost_rows(tables: ScratchTables, table: DerivedTable, before: _Before | _Nothing) -> Iterator[str]:
    is_new = before.is_new(f'{{row}}."{table.keys[0]}"')
    condition = f'kept."{table.keys[0]}" IS NULL AND {is_new}'
    for key in _find(tables, table, "derived", _from_both(tables, table, before), condition):
        yield f"The table {table.name} lacks the row {key}, which the log creates."


def _find_additional_rows(
    tables: ScratchTables, table: DerivedTable, before: _Before | _Nothing
) -> Iterator[str]:
    source = (
        f'FROM {tables.stored}."{table.name}" AS kept '
        f'LEFT JOIN {tables.scratch}."{table.name}" AS derived ON {_same_key(table, "derived", "kept")}'
    )
    condition = f'derived."{table.keys[0]}" IS NULL AND {before.may_be_additional}'
    for key in _find(tables, table, "kept", source, condition):
        yield f"The table {table.name} has the row {key}, which the log does not create, or deletes."


def _find_changed_rows(
    tables: ScratchTables, table: DerivedTable, before: _Before | _Nothing
) -> Iterator[str]:
    for column, expression in table.columns():
        if column in before.unknown_columns:
            continue
        derived, kept = expression.format(row="derived"), expression.format(row="kept")
        condition = f'kept."{table.keys[0]}" IS NOT NULL AND {derived} {tables.differs} {kept}'
        condition += f" AND {before.is_new(expression)}"
        for key in _find(tables, table, "derived", _from_both(tables, table, before), condition):
            yield f"The column {column} of the row {key} of the table {table.name} differs from the log."


def _find(tables: ScratchTables, table: DerivedTable, row: str, source: str, condition: str) -> Iterator[str]:
    """Yield the keys of the rows that meet a condition."""
    keys = ", ".join(f'{row}."{key}"' for key in table.keys)
    query = f"SELECT {keys} {source} WHERE {condition} LIMIT {MAX_PROBLEMS}"
    for found in tables.connection.exec_driver_sql(query):
        yield "/".join(map(str, found))


def find_lost_audit_entries(tables: ScratchTables, begin: int) -> Iterator[str]:
    """Yield a sentence for each entry after `begin` that the audit log should have, but lacks."""
    columns = f"at, actor, action, target, {tables.json.format(column='detail')}"
    query = (
        f"SELECT {columns} FROM {tables.scratch}.audit WHERE id > {begin} "  # noqa: S608
        f"EXCEPT SELECT {columns} FROM {tables.stored}.audit ORDER BY at LIMIT {MAX_PROBLEMS}"
    )
    for at, _, action, target, _ in tables.connection.exec_driver_sql(query):
        yield f"The audit log lacks the entry {action} {target} of {to_text(at)}."


def find_last_audit_entry(tables: ScratchTables) -> int:
    """Return the id of the last entry of the audit log that events have made so far, or 0."""
    query = f"SELECT coalesce(max(id), 0) FROM {tables.scratch}.audit"  # noqa: S608
    return int(tables.connection.exec_driver_sql(query).scalar_one())
