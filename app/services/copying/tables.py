"""The tables that are copied: those of the models, in the order of their foreign keys."""

from functools import cache

from sqlalchemy import Table, UniqueConstraint

from app.db.copying.table_shape import TableShape
from app.db.models import Base, EventRow

LOG_TABLE = EventRow.__tablename__


@cache
def all_tables() -> tuple[TableShape, ...]:
    """Return all tables; a table follows those that it references."""
    return tuple(map(TableShape, Base.metadata.sorted_tables))


@cache
def independent_tables() -> tuple[TableShape, ...]:
    """Return the tables whose rows can be inserted in any order, the log first.

    Their rows may come from different states of the source, because no constraint concerns more
    than one of them.
    """
    found = [table for table in all_tables() if _is_independent(table.table)]
    return tuple(sorted(found, key=lambda table: table.name != LOG_TABLE))


@cache
def linked_tables() -> tuple[TableShape, ...]:
    """Return the other tables, whose rows must be consistent with each other."""
    return tuple(table for table in all_tables() if not _is_independent(table.table))


def _is_independent(table: Table) -> bool:
    is_unique = any(isinstance(one, UniqueConstraint) for one in table.constraints)
    is_unique |= any(index.unique for index in table.indexes)
    return not is_unique and not table.foreign_keys and table not in _referenced()


def _referenced() -> set[Table]:
    return {key.column.table for table in Base.metadata.tables.values() for key in table.foreign_keys}
