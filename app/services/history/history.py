"""Reads history from the log, in order and in constant memory.

The log is read in pages, each in its own short transaction, so a long export does not block
writers. Events appended after the start are not included. A single room is read in time order,
which an index provides and which equals log order there; several rooms are read in log order.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.db.database import Database
from app.db.log import get_last_id
from app.db.models import HAPPENED, SPOKEN, EventRow, RoomRow
from app.events import MESSAGES, ROOM_EVENTS, EventData, Kind, msgid
from app.events.data import MessageData, ModeData, ModeRow, RenamedData, from_json
from app.services.accounts.accounts import find_account
from app.services.accounts.names import list_former_names
from app.services.history.search import SearchQuery, SearchScope, search_rows
from app.wire.names import Key, fold

REPLY_TAG = "+draft/reply"
PAGE_ROWS = 2_000  # rows read at a time
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
class HistorySelection:
    """The criteria that select the history to read.

    `rooms` is None for all rooms; `direct` adds private conversations, and `events` adds events
    other than messages. `since` and `until` are inclusive, in milliseconds since the Unix epoch;
    `after` is a log position, exclusive.
    `condition` is a further condition on the rows of the log.
    """

    rooms: tuple[int, ...] | None = None
    user: Key | None = None
    since: int | None = None
    until: int | None = None
    events: bool = False
    direct: bool = False
    after: int | None = None
    condition: ColumnElement[bool] | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A message or other event of the history.

    `heading` is the name of the room or private conversation; `room` is None in the latter case.
    `reply_to` is the id of the message that this one answers.
    """

    id: str
    at: int
    heading: str
    room: str | None
    kind: Kind
    nick: str
    account: str | None
    target: str | None
    text: str
    reply_to: str | None = None

    @property
    def is_message(self) -> bool:
        """Whether the entry is a message rather than another event."""
        return self.kind in MESSAGES


@dataclass(frozen=True, slots=True)
class QueryRange:
    """The rows of the log that match `conditions`, in an order that an index provides."""

    conditions: tuple[Any, ...]
    order: tuple[Any, ...]

    def count(self) -> Select[int]:
        """Return the query that counts the rows."""
        return select(func.count()).select_from(EventRow).where(*self.conditions)

    def page(self, last: Row[Any] | None, backwards: bool = False) -> Select[Any]:
        """Return the query for the page that follows the row `last`, or for the first page."""
        order = [column.desc() for column in self.order] if backwards else self.order
        query = select(*COLUMNS).where(*self.conditions).order_by(*order).limit(PAGE_ROWS)
        if last is None:
            return query
        key, last_key = tuple_(*self.order), self.sort_key(last)
        return query.where(key < last_key if backwards else key > last_key)

    def sort_key(self, row: Row[Any]) -> tuple[int, ...]:
        """Return the values by which a row is ordered."""
        return tuple(getattr(row, column.key) for column in self.order)


class History:
    """Reads a selection of the history, as of the creation of this object."""

    def __init__(self, database: Database, selection: HistorySelection) -> None:
        self._database = database
        self._selection = selection
        with database.reading() as session:
            self._rooms = {row.id: row.name for row in session.execute(select(RoomRow.id, RoomRow.name))}
            self._conversation_names: dict[str, str] = {}
            self.end = get_last_id(session.connection())  # log position of the last event included
            self._former_names = _former_names(session, selection.user)

    def count(self) -> int:
        """Return the number of rows to read, including rows that yield no entry."""
        with self._database.reading() as session:
            return sum(session.scalar(range_.count()) or 0 for range_ in self.ranges())

    def entries(self, by_room: bool = False) -> Iterator[HistoryEntry]:
        """Yield every entry, oldest first: in log order or, with `by_room`, grouped by room."""
        if not by_room:
            yield from self._merged(self.ranges())
            return
        for room in self._rooms_by_name():
            yield from self._merged(self._in_room(room))
        for conversation in self._conversations():
            yield from self._merged([self._in_conversation(conversation)])

    def latest(self, limit: int) -> list[HistoryEntry]:
        """Return the newest `limit` entries, oldest first."""
        return list(islice(self._merged(self.ranges(), backwards=True), limit))[::-1]

    def search(self, words: str, limit: int) -> list[HistoryEntry]:
        """Return the newest `limit` messages of the selection that match the words, oldest first.

        Raises: SearchTookTooLong.
        """
        selection = self._selection
        scope = SearchScope(selection.rooms, None if selection.direct else ())
        criteria = SearchQuery(words, selection.user, selection.since, selection.until)
        with self._database.reading() as session:
            return [self._entry(row) for row in search_rows(session, scope, criteria, limit)]

    def _rooms_by_name(self) -> list[int]:
        rooms = self._rooms if self._selection.rooms is None else self._selection.rooms
        return sorted(rooms, key=lambda room: fold(self._rooms[room]))

    def _conversations(self) -> list[str]:
        """Return the private conversations, ordered by their first message."""
        if not self._selection.direct:
            return []
        query = select(EventRow.conversation).where(
            EventRow.conversation.is_not(None), SPOKEN, *self._conditions(EventRow.at)
        )
        query = query.group_by(EventRow.conversation).order_by(func.min(EventRow.id))
        with self._database.reading() as session:
            return [conversation for conversation in session.scalars(query) if conversation]

    def ranges(self) -> list[QueryRange]:
        """Return the ranges that cover the selection."""
        rooms, direct = self._selection.rooms, self._selection.direct
        if rooms is not None and len(rooms) == 1 and not direct:
            return self._in_room(rooms[0])
        # Adding 0 disqualifies other indexes: with the primary key, no page has to be sorted.
        room_id = EventRow.room_id + 0
        in_rooms = room_id.is_not(None) if rooms is None else room_id.in_(rooms)
        in_scope = or_(in_rooms, EventRow.conversation.is_not(None)) if direct else in_rooms
        return [self._new_in(in_scope, self._kinds())]

    def _kinds(self) -> Sequence[Kind]:
        return (*MESSAGES, *EXPORTED_ROOM_EVENTS) if self._selection.events else MESSAGES

    def _new_in(self, scope: ColumnElement[bool], kinds: Sequence[Kind]) -> QueryRange:
        """Return the part of a scope in the order of the log, from the start of the selection."""
        conditions = (scope, EventRow.kind.in_(kinds), *self._conditions(EventRow.at + 0))
        return QueryRange(conditions, (EventRow.id,))

    def _in_room(self, room: int) -> list[QueryRange]:
        if self._selection.after is not None:
            return [self._new_in(EventRow.room_id + 0 == room, self._kinds())]
        conditions = (EventRow.room_id == room, *self._conditions(EventRow.at))
        ranges = [QueryRange((*conditions, SPOKEN), TIME_ORDER)]
        if self._selection.events:
            is_exported = EventRow.kind.in_(EXPORTED_ROOM_EVENTS)
            ranges.append(QueryRange((*conditions, HAPPENED, is_exported), TIME_ORDER))
        return ranges

    def _in_conversation(self, name: str) -> QueryRange:
        if self._selection.after is not None:
            return self._new_in(EventRow.conversation == name, MESSAGES)
        return QueryRange((EventRow.conversation == name, SPOKEN, *self._conditions(EventRow.at)), TIME_ORDER)

    def _conditions(self, at: SQLColumnExpression[int]) -> Iterator[ColumnElement[bool]]:
        selection = self._selection
        yield EventRow.id + 0 <= self.end
        if selection.after is not None:
            yield EventRow.id > selection.after
        if selection.since is not None:
            yield at >= selection.since
        if selection.until is not None:
            yield at <= selection.until
        if selection.condition is not None:
            yield selection.condition

    def _merged(self, ranges: Sequence[QueryRange], backwards: bool = False) -> Iterator[HistoryEntry]:
        """Yield the merged entries of ranges that have the same order."""
        rows = (self._rows(range_, backwards) for range_ in ranges)
        for row in merge(*rows, key=ranges[0].sort_key, reverse=backwards):
            if self._yields_entry(row):
                yield self._entry(row)

    def _rows(self, range_: QueryRange, backwards: bool) -> Iterator[Row[Any]]:
        last: Row[Any] | None = None
        while True:
            with self._database.reading() as session:
                rows = session.execute(range_.page(last, backwards)).all()
            yield from rows
            if len(rows) < PAGE_ROWS:
                return
            last = rows[-1]

    def _yields_entry(self, row: Row[Any]) -> bool:
        """Return whether the row matches the selected user and is not a redacted message."""
        if row.kind in MESSAGES and not row.text:
            return False
        user = self._selection.user
        return user is None or user in _participants(row) or self._is_by_former_name(row)

    def _is_by_former_name(self, row: Row[Any]) -> bool:
        """Return whether the selected user had the name of the row's account at the time."""
        names = self._former_names
        return bool(names) and any(row.id <= until and fold(row.account or "") == key for key, until in names)

    def _entry(self, row: Row[Any]) -> HistoryEntry:
        room = None if row.room_id is None else self._rooms.get(row.room_id, f"#{row.room_id}")
        kind = Kind(row.kind)
        data = from_json(kind, row.data)
        return HistoryEntry(
            id=msgid(row.id),
            at=row.at,
            heading=room or self._conversation_name(row),
            room=room,
            kind=kind,
            nick=_author(data) or row.nick,
            account=row.account,
            target=row.target,
            text=_text(row, data),
            reply_to=(data.tags or {}).get(REPLY_TAG) if data else None,
        )

    def _conversation_name(self, row: Row[Any]) -> str:
        """Return the name of a conversation: both nicks, from the first message read."""
        name = " and ".join(sorted((row.nick, row.target or "?"), key=fold))
        return self._conversation_names.setdefault(row.conversation, name)


def _former_names(session: Session, user: Key | None) -> Sequence[tuple[Key, int]]:
    return () if user is None else list_former_names(session, user)


def _author(data: EventData | None) -> str | None:
    """Return the original author of an imported message, if stored, or None."""
    return data.author if isinstance(data, MessageData) else None


def _text(row: Row[Any], data: EventData | None) -> str:
    """Return the text of an entry: the message, the mode changes, or the room's new name."""
    if isinstance(data, ModeData):
        return format_modes(data.changes)
    return data.to if isinstance(data, RenamedData) else row.text or ""


def format_modes(changes: Iterable[ModeRow]) -> str:
    """Format mode changes as `+o anna -k *`, replacing a room's key with `*`."""
    formatted = []
    for sign, letter, argument, *_ in changes:
        displayed = "*" if letter == "k" else argument
        formatted.append(f"{sign}{letter}" if displayed is None else f"{sign}{letter} {displayed}")
    return " ".join(formatted)


def is_known_name(session: Session, name: str) -> bool:
    """Return whether an account has the name or the log contains it as a nick."""
    key = fold(name)
    if find_account(session, key) is not None:
        return True
    return any(fold(nick) == key for nick in session.scalars(select(EventRow.nick).distinct()))


def _participants(row: Row[Any]) -> set[Key]:
    """Return the author's nick and account and, for a private message, the recipient's nick."""
    names = [row.nick, row.account, None if row.room_id else row.target]
    return {fold(name) for name in names if name}
