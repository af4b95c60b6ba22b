"""Reads events and tombstones in the order of the log."""

from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Connection, select

from app.db.chain.rows import StoredEvent, read_events
from app.db.models import EventRow, EventTombstoneRow

PAGE_ENTRIES = 4_096  # read in one query

_event = EventRow.__table__.c
_tombstone = EventTombstoneRow.__table__


class LogEntry(NamedTuple):
    """What is stored for one position: an event, the row digest of a removed one, or both."""

    id: int
    event: StoredEvent | None
    tombstone: bytes | None


class EntryReader:
    """Reads the entries after one position, up to and including another."""

    def __init__(self, connection: Connection, after: int, last: int) -> None:
        self._entries = read_entries(connection, after, last)
        self._next = next(self._entries, None)

    def read_to(self, last: int) -> Iterator[LogEntry]:
        """Yield the next entries, up to and including a position."""
        while self._next is not None and self._next.id <= last:
            yield self._next
            self._next = next(self._entries, None)


def read_entries(
    connection: Connection, after: int, last: int, page_size: int = PAGE_ENTRIES
) -> Iterator[LogEntry]:
    """Yield the entries after one position, up to and including another."""
    sources = [read(connection, after, last, page_size) for read in (_read_events, _read_tombstones)]
    for number, parts in groupby(merge(*sources, key=attrgetter("id")), key=attrgetter("id")):
        first, *others = parts
        yield LogEntry(number, first.event, others[0].tombstone if others else first.tombstone)


def _read_events(connection: Connection, after: int, last: int, page_size: int) -> Iterator[LogEntry]:
    while page := list(read_events(connection, _event.id > after, _event.id <= last, limit=page_size)):
        yield from (LogEntry(event.id, event, None) for event in page)
        after = page[-1].id


def _read_tombstones(connection: Connection, after: int, last: int, page_size: int) -> Iterator[LogEntry]:
    query = select(_tombstone).where(_tombstone.c.event_id <= last).order_by(_tombstone.c.event_id)
    while page := connection.execute(query.where(_tombstone.c.event_id > after).limit(page_size)).all():
        yield from (LogEntry(row.event_id, None, row.digest) for row in page)
        after = page[-1].event_id
