"""Makes the tables of the target equal to those of the source, whatever they contain.

Independent tables are read once on both sides. For the others, a first pass deletes the rows that
differ, from the last table to the first, and a second one inserts what is missing, from the first
table to the last, so that no constraint is violated on the way. The second pass also replaces rows
in which the deletion of another one set a reference to NULL.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from app.db.copying.bulk import bulk_access_of
from app.db.copying.table_shape import PAGE_ROWS, Row, TableShape
from app.services.copying.comparison import Comparison, Difference
from app.services.copying.row_digest import TableDigest
from app.services.copying.tables import independent_tables, linked_tables


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The digests of the source's tables, and the tables of the target that were changed."""

    digests: list[TableDigest]
    changed: list[TableShape]


def reconcile(source: Connection, target: Connection) -> Reconciliation:
    """Make all tables equal, in the transaction of the target. The source is a snapshot."""
    independent = [_reconcile_table(table, source, target) for table in independent_tables()]
    deleted = [_delete_differing(table, source, target) for table in reversed(linked_tables())]
    linked = [_reconcile_table(table, source, target) for table in linked_tables()]
    are_changed = any(deleted) or any(has_changed for _, has_changed in linked)
    changed = [table for table, one in zip(independent_tables(), independent, strict=True) if one[1]]
    return Reconciliation(
        [digest for digest, _ in (*independent, *linked)],
        changed + (list(linked_tables()) if are_changed else []),
    )


def _reconcile_table(table: TableShape, source: Connection, target: Connection) -> tuple[TableDigest, bool]:
    """Replace the rows that differ. Return the digest, and whether there were any."""
    comparison = Comparison(table, source, target)
    count = _in_pages(comparison, lambda page: _replace(table, target, page))
    return comparison.source_digest, count > 0


def _delete_differing(table: TableShape, source: Connection, target: Connection) -> bool:
    """Delete the rows that differ or that the source lacks; return whether there were any."""
    surplus = (one for one in Comparison(table, source, target) if one.target is not None)
    return _in_pages(surplus, lambda page: _delete(table, target, page)) > 0


def _replace(table: TableShape, target: Connection, page: Sequence[Difference]) -> None:
    _delete(table, target, page)
    _insert(table, target, page)


def _delete(table: TableShape, target: Connection, page: Sequence[Difference]) -> None:
    if keys := _keys(table, _targets(page)):
        bulk_access_of(target).delete(target, table, keys)


def _insert(table: TableShape, target: Connection, page: Sequence[Difference]) -> None:
    if rows := _sources(page):
        bulk_access_of(target).insert(target, table, rows)


def _sources(page: Sequence[Difference]) -> list[Row]:
    return [one.source for one in page if one.source is not None]


def _targets(page: Sequence[Difference]) -> list[Row]:
    return [one.target for one in page if one.target is not None]


def _keys(table: TableShape, rows: Iterable[Row]) -> list[Row]:
    return [table.key_of(row) for row in rows]


def _in_pages(differences: Iterable[Difference], apply: Callable[[Sequence[Difference]], None]) -> int:
    """Apply the differences a page at a time, and return their number."""
    count = 0
    for page in _pages(differences):
        apply(page)
        count += len(page)
    return count


def _pages(differences: Iterable[Difference]) -> Iterator[list[Difference]]:
    page: list[Difference] = []
    for difference in differences:
        page.append(difference)
        if len(page) == PAGE_ROWS:
            yield page
            page = []
    if page:
        yield page
