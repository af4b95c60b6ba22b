"""The log: events become rows, in one order, under one lock.

Ids are contiguous and assigned here, inside the transaction that holds the log's lock, so the order of the
ids is the order of the commits on every database. `at` is the wall clock, pushed forward where it must be so
that it is strictly increasing, at one millisecond, within each room and for each party to private
conversations; so whoever reads a history by time meets every instant once, also where several conversations
with people of one name are read together.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from app.clock import Clock
from app.db import models
from app.db.insertion import insert_rows
from app.events import Event, Kind
from app.events.data import MessageData, RedactedData, from_json, to_json

MAX_CACHED_SCOPES = 100_000  # rooms and parties whose last instant is kept in memory
CATCH_UP_ROWS = 5_000  # how many foreign rows are read at a time

_table = models.EventRow.__table__
COLUMNS = tuple(_table.columns.keys())
_correspondent = models.CorrespondentRow.__table__
Scope = (
    int | str
)  # where instants are distinct: in a room, by its id, and for a party to private conversations


class Log:
    """Appends events and reads what others appended. One instance belongs to one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_at: dict[Scope, int] = {}
        self.last_id = 0

    def append(self, connection: Connection, events: Sequence[Event]) -> None:
        """Give the events their places and insert their rows. The log's lock must be held.

        May be called again with the same events when the transaction failed: they get their places anew.
        `last_id` does not move here, but when the caller says `mark_committed`.
        """
        if len(self._last_at) >= MAX_CACHED_SCOPES:
            self._last_at.clear()
        now = self._clock.now()
        for number, event in enumerate(events, self.last_id + 1):
            event.id = number
            event.at = self._instant(connection, event, now)
        if events:
            insert_rows(connection, models.EventRow, COLUMNS, [to_row(event) for event in events])

    def mark_committed(self, events: Sequence[Event]) -> None:
        """The transaction of these events is on the disk."""
        if events:
            self.last_id = events[-1].id

    def catch_up(self, connection: Connection) -> list[Event]:
        """Return what others appended since the last event known here, in order; at most CATCH_UP_ROWS."""
        events = read_after(connection, self.last_id, CATCH_UP_ROWS)
        for event in events:
            self.last_id = event.id
            for scope in _scopes(event):
                if event.is_imported:
                    self._last_at.pop(scope, None)
                else:
                    self._last_at[scope] = event.at
        return events

    def seek_to_end(self, connection: Connection) -> None:
        """Take everything in the log as known."""
        self.last_id = get_last_id(connection)

    def _instant(self, connection: Connection, event: Event, now: int) -> int:
        """Return when the event happened: now, but later than what came before it in its scope.

        What was imported keeps the time it brings: the importer answers for the order of messages, and a
        room may have been made, and entered, long after what is imported into it was said.
        """
        scopes = _scopes(event)
        last = 0
        for scope in scopes:
            last = max(last, self._last(connection, scope))
        instant = event.at if event.is_imported else max(now, last + 1)
        for scope in scopes:
            self._last_at[scope] = max(instant, last)
        return instant

    def _last(self, connection: Connection, scope: Scope) -> int:
        """Return the last instant given in a scope."""
        if scope not in self._last_at:
            self._last_at[scope] = max(connection.scalar(query) or 0 for query in _last_queries(scope))
        return self._last_at[scope]


def _scopes(event: Event) -> Sequence[Scope]:
    """Return where the event's instant must be its own: its room, or what each of its two parties sees."""
    if event.room is not None:
        return (event.room,)
    if isinstance(event.data, MessageData | RedactedData) and event.data.parties is not None:
        return event.data.parties
    if event.conversation is not None:  # of those who moderate a room, which has a place in its history
        return (int(event.conversation.removeprefix("o")),)
    return ()


def _last_queries(scope: Scope) -> Iterator[Select[Any]]:
    """Yield queries of the last instants in a scope, each answered by an index."""
    if isinstance(scope, str):
        yield select(func.max(_correspondent.c.last_at)).where(_correspondent.c.party == scope)
        return
    latest = select(func.max(_table.c.at))
    yield latest.where(_table.c.room_id == scope, models.SPOKEN)
    yield latest.where(_table.c.room_id == scope, models.HAPPENED)
    yield latest.where(_table.c.conversation == f"o{scope}")


def get_last_id(connection: Connection) -> int:
    """Return the position of the last event in the log, 0 while there is none."""
    return connection.scalar(select(func.max(_table.c.id))) or 0


def read_after(connection: Connection, last_id: int, limit: int) -> list[Event]:
    """Read the events that follow a position, oldest first."""
    query = select(_table).where(_table.c.id > last_id).order_by(_table.c.id).limit(limit)
    return [from_row(row) for row in connection.execute(query)]


def to_row(event: Event) -> tuple[object, ...]:
    """Return the event's row: a value for each of the columns, in their order, as the driver takes it."""
    return (
        event.id,
        event.kind.value,
        event.at,
        event.room,
        event.conversation,
        event.session,
        event.nick,
        event.user,
        event.host,
        event.account,
        event.target,
        event.text,
        json.dumps(to_json(event.data)) if event.data is not None else None,
    )


def from_row(row: Row[tuple[object, ...]]) -> Event:
    """Return the event that a row of the log holds."""
    values = row._mapping
    kind = Kind(values["kind"])
    return Event(
        kind,
        room=values["room_id"],
        conversation=values["conversation"],
        session=values["session_id"],
        nick=values["nick"],
        user=values["user"],
        host=values["host"],
        account=values["account"],
        target=values["target"],
        text=values["text"],
        data=from_json(kind, values["data"]),
        id=values["id"],
        at=values["at"],
    )


def make_placeholder(event: Event) -> Event:
    """Return the event that keeps the place of one that could not be stored."""
    return Event(Kind.VOID, id=event.id, at=event.at)
