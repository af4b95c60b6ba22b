"""Verifies that the stored tables equal what replaying the log gives."""

from collections.abc import Iterator

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from app.db.database import Database
from app.db.models import EventRow, ReplayStartRow
from app.db.scratch import open_scratch
from app.db.scratch.tables import ScratchTables
from app.services.replay import comparison
from app.services.replay.replaying import replay
from app.services.replay.rules import DERIVED_TABLES, DerivedTable

_earlier = aliased(EventRow)
_has_predecessor = exists().where(_earlier.id == EventRow.id - 1)
_AFTER_LAST_GAP = (
    select(EventRow.id).where(EventRow.id > 1, ~_has_predecessor).order_by(EventRow.id.desc()).limit(1)
)


def find_derivation_problems(database: Database) -> list[str]:
    """Return a sentence for each row of a database that differs from a replay of its log.

    The database may be in use. Tables need not equal a replay of events that earlier versions wrote
    (see `ReplayStartRow`), or of which some were removed. Those events are replayed, but only what
    later events change is compared.
    """
    with open_scratch(database) as tables:
        return list(_find_problems(tables, _find_start(tables)))


def _find_start(tables: ScratchTables) -> int:
    """Return the position of the last event that is not compared, or 0."""
    query = f"SELECT max(position) FROM {tables.stored}.{ReplayStartRow.__tablename__}"  # noqa: S608
    start = int(tables.connection.exec_driver_sql(query).scalar_one() or 0)
    after_gap = tables.connection.scalar(_AFTER_LAST_GAP) or 1
    return max(start, after_gap - 1)


def _find_problems(tables: ScratchTables, start: int) -> Iterator[str]:
    if start:
        yield from _find_later_problems(tables, start)
        return
    yield from replay(tables.connection, 0, None)
    for table in DERIVED_TABLES:
        yield from comparison.compare(tables, table, has_memory=False)
    yield from comparison.find_lost_audit_entries(tables, 0)


def _find_later_problems(tables: ScratchTables, start: int) -> Iterator[str]:
    """Compare what the events after `start` change; events that need earlier ones may fail."""
    replay(tables.connection, 0, start)
    audited = comparison.find_last_audit_entry(tables)
    for table in DERIVED_TABLES:
        comparison.remember(tables, table)
    replay(tables.connection, start, None)
    for table in DERIVED_TABLES:
        if not _is_moved(tables, table, start):
            yield from comparison.compare(tables, table, has_memory=True)
    yield from comparison.find_lost_audit_entries(tables, audited)


def _is_moved(tables: ScratchTables, table: DerivedTable, start: int) -> bool:
    query = select(EventRow.id).where(EventRow.id > start, EventRow.kind.in_(table.moved_by)).limit(1)
    return bool(table.moved_by) and tables.connection.scalar(query) is not None
