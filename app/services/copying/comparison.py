"""Compares two tables row by row, reading both in the order of their keys."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from sqlalchemy import Connection

from app.db.copying.bulk import bulk_access_of
from app.db.copying.table_shape import Row, TableShape
from app.services.copying.row_digest import RowDigest, TableDigest


class Difference(NamedTuple):
    """A row of the source and the row of the target with the same key; either may be missing."""

    source: Row | None
    target: Row | None


class Comparison:
    """An iterable of the differences between a table of two databases.

    While it is read, rows of the target up to the last difference may be changed.
    """

    def __init__(self, table: TableShape, source: Connection, target: Connection) -> None:
        self._table = table
        self._source = source
        self._target = target
        self._digest = RowDigest()

    def __iter__(self) -> Iterator[Difference]:
        source = bulk_access_of(self._source).read_pages(self._source, self._table)
        target = bulk_access_of(self._target).read_pages(self._target, self._table)
        return find_differences(self._digest.observe(source), target, self._table.key_of)

    @property
    def source_digest(self) -> TableDigest:
        """The digest of the source's rows, complete when all differences have been read."""
        return self._digest.result(self._table.name)


def find_differences(
    source: Iterable[list[Row]], target: Iterable[list[Row]], key_of: Callable[[Row], Row]
) -> Iterator[Difference]:
    """Yield the rows that differ or are missing on one side; both sides are ordered by key."""
    ours, theirs = chain.from_iterable(source), chain.from_iterable(target)
    one, other = next(ours, None), next(theirs, None)
    while one is not None or other is not None:
        if one == other:
            one, other = next(ours, None), next(theirs, None)
            continue
        order = _compare_keys(one, other, key_of)
        difference = Difference(one if order <= 0 else None, other if order >= 0 else None)
        one = next(ours, None) if order <= 0 else one
        other = next(theirs, None) if order >= 0 else other
        yield difference


def _compare_keys(one: Row | None, other: Row | None, key_of: Callable[[Row], Row]) -> int:
    """Return -1, 0 or 1; a missing row follows every other."""
    if one is None or other is None:
        return 1 if one is None else -1
    first, second = key_of(one), key_of(other)
    return (first > second) - (first < second)
