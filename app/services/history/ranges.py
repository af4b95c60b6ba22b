"""The ranges of the log that contain a selection of the history.

A single room is read in time order, which an index provides and which equals log order there;
several rooms are read in log order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, func, or_, select, tuple_

from app.db.models import HAPPENED, SPOKEN, EventRow
from app.events import MESSAGES, ROOM_EVENTS, Kind
from app.services.history.selection import HistorySelection

EXPORTED_ROOM_EVENTS = (Kind.CREATED, Kind.RENAMED, Kind.DELETED, *ROOM_EVENTS)
COLUMNS = (
    EventRow.id,
    EventRow.at,
    EventRow.kind,
    EventRow.room_id,
    EventRow.conversation,
    EventRow.nick,
    EventRow.account,
    EventRow.target,
    EventRow.text,
    EventRow.data,
)
TIME_ORDER = (EventRow.at, EventRow.id)


@dataclass(frozen=True, slots=True)
class QueryRange:
    """The rows of the log that match `conditions`, in an order that an index provides."""

    conditions: tuple[Any, ...]
    order: tuple[Any, ...]

    def count(self) -> Select[int]:
        """Return the query that counts the rows."""
        return select(func.count()).select_from(EventRow).where(*self.conditions)

    def after(self, last: Row[Any] | None, backwards: bool = False) -> Select[Any]:
        """Return the query for the rows that follow the row `last`, or for all rows."""
        order = [column.desc() for column in self.order] if backwards else self.order
        query = select(*COLUMNS).where(*self.conditions).order_by(*order)
        if last is None:
            return query
        key, last_key = tuple_(*self.order), self.sort_key(last)
        return query.where(key < last_key if backwards else key > last_key)

    def sort_key(self, row: Row[Any]) -> tuple[int, ...]:
        """Return the values by which a row is ordered."""
        return tuple(getattr(row, column.key) for column in self.order)


class SelectedRanges:
    """The ranges of the log that contain a selection, up to the log position `end`."""

    def __init__(self, selection: HistorySelection, end: int) -> None:
        self._selection = selection
        self._end = end

    def all(self) -> list[QueryRange]:
        """Return the ranges that cover the selection."""
        rooms, direct = self._selection.rooms, self._selection.direct
        if rooms is not None and len(rooms) == 1 and not direct:
            return self.in_room(rooms[0])
        # Adding 0 disqualifies other indexes: with the primary key, no page has to be sorted.
        room_id = EventRow.room_id + 0
        in_rooms = room_id.is_not(None) if rooms is None else room_id.in_(rooms)
        in_scope = or_(in_rooms, EventRow.conversation.is_not(None)) if direct else in_rooms
        return [self._new_in(in_scope, self._kinds())]

    def in_room(self, room: int) -> list[QueryRange]:
        """Return the ranges of the selection in a room: its messages, and its other events."""
        if self._selection.after is not None:
            return [self._new_in(EventRow.room_id + 0 == room, self._kinds())]
        conditions = (EventRow.room_id == room, *self._conditions(EventRow.at))
        ranges = [QueryRange((*conditions, SPOKEN), TIME_ORDER)]
        if self._selection.events:
            is_exported = EventRow.kind.in_(EXPORTED_ROOM_EVENTS)
            ranges.append(QueryRange((*conditions, HAPPENED, is_exported), TIME_ORDER))
        return ranges

    def in_conversation(self, name: str) -> QueryRange:
        """Return the range of the selection in a private conversation."""
        if self._selection.after is not None:
            return self._new_in(EventRow.conversation == name, MESSAGES)
        return QueryRange((EventRow.conversation == name, SPOKEN, *self._conditions(EventRow.at)), TIME_ORDER)

    def conversations(self) -> Select[str | None]:
        """Return the query for the private conversations, ordered by their first message."""
        query = select(EventRow.conversation).where(
            EventRow.conversation.is_not(None), SPOKEN, *self._conditions(EventRow.at)
        )
        return query.group_by(EventRow.conversation).order_by(func.min(EventRow.id))

    def _kinds(self) -> Sequence[Kind]:
        return (*MESSAGES, *EXPORTED_ROOM_EVENTS) if self._selection.events else MESSAGES

    def _new_in(self, scope: ColumnElement[bool], kinds: Sequence[Kind]) -> QueryRange:
        """Return the part of a scope in the order of the log, from the start of the selection."""
        conditions = (scope, EventRow.kind.in_(kinds), *self._conditions(EventRow.at + 0))
        return QueryRange(conditions, (EventRow.id,))

    def _conditions(self, at: SQLColumnExpression[int]) -> Iterator[ColumnElement[bool]]:
        selection = self._selection
        yield EventRow.id + 0 <= self._end
        if selection.after is not None:
            yield EventRow.id > selection.after
        if selection.since is not None:
            yield at >= selection.since
        if selection.until is not None:
            yield at <= selection.until
        if selection.condition is not None:
            yield selection.condition
