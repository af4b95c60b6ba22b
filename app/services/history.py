"""Reads history from the log, in order and in constant memory.

The log is read in pages, each in its own short transaction, so a long export neither blocks writers
nor fills the memory. Events appended after the start are not included. Several places are read in
log order; a single place is read in time order, which is the same order and has an index.
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
from app.services.accounts import find_account
from app.services.search import SearchQuery, SearchScope, search_rows
from app.wire.names import Key, fold

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
    """The history to read. None stands for every room; `direct` includes private conversations."""

    rooms: tuple[int, ...] | None = None
    user: Key | None = None
    since: int | None = None
    until: int | None = None
    events: bool = False
    direct: bool = False


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry of history. `place` names the room or the private conversation, whose `room` is None."""

    id: str
    at: int
    place: str
    room: str | None
    kind: Kind
    nick: str
    account: str | None
    target: str | None
    text: str

    @property
    def is_message(self) -> bool:
        """Whether the entry is a message and not another event."""
        return self.kind in MESSAGES


@dataclass(frozen=True, slots=True)
class QueryRange:
    """The rows that match conditions, in an order that an index provides."""

    conditions: tuple[Any, ...]
    order: tuple[Any, ...]

    def count(self) -> Select[int]:
        """Return the query that counts the rows."""
        return select(func.count()).select_from(EventRow).where(*self.conditions)

    def page(self, last: Row[Any] | None, backwards: bool = False) -> Select[Any]:
        """Return the query for the page after a row, or for the first page."""
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
    """Reads a selection of the history."""

    def __init__(self, database: Database, selection: HistorySelection) -> None:
        self._database = database
        self._wanted = selection
        with database.reading() as session:
            self._rooms = {row.id: row.name for row in session.execute(select(RoomRow.id, RoomRow.name))}
            self._conversation_names: dict[str, str] = {}
            self._end = get_last_id(session.connection())

    def count(self) -> int:
        """Count the rows that will be read, including those that yield no entry."""
        with self._database.reading() as session:
            return sum(session.scalar(range_.count()) or 0 for range_ in self.ranges())

    def entries(self, by_place: bool = False) -> Iterator[HistoryEntry]:
        """Yield every entry, oldest first: in log order or, with `by_place`, one place after another."""
        if not by_place:
            yield from self._merged(self.ranges())
            return
        for room in self._rooms_by_name():
            yield from self._merged(self._in_room(room))
        for conversation in self._conversations():
            yield from self._merged([self._in_conversation(conversation)])

    def latest(self, limit: int) -> list[HistoryEntry]:
        """Return the newest entries, oldest first."""
        return list(islice(self._merged(self.ranges(), backwards=True), limit))[::-1]

    def search(self, words: str, limit: int) -> list[HistoryEntry]:
        """Return the newest messages of the selection that match the words, oldest first."""
        wanted = self._wanted
        scope = SearchScope(wanted.rooms, None if wanted.direct else ())
        criteria = SearchQuery(words, wanted.user, wanted.since, wanted.until)
        with self._database.reading() as session:
            return [self._entry(row) for row in search_rows(session, scope, criteria, limit)]

    def _rooms_by_name(self) -> list[int]:
        wanted = self._rooms if self._wanted.rooms is None else self._wanted.rooms
        return sorted(wanted, key=lambda room: fold(self._rooms[room]))

    def _conversations(self) -> list[str]:
        """Return the private conversations in the order in which they began."""
        if not self._wanted.direct:
            return []
        query = select(EventRow.conversation).where(
            EventRow.conversation.is_not(None), SPOKEN, *self._conditions(EventRow.at)
        )
        query = query.group_by(EventRow.conversation).order_by(func.min(EventRow.id))
        with self._database.reading() as session:
            return [conversation for conversation in session.scalars(query) if conversation]

    def ranges(self) -> list[QueryRange]:
        """Return the ranges that cover the selection."""
        rooms, direct = self._wanted.rooms, self._wanted.direct
        if rooms is not None and len(rooms) == 1 and not direct:
            return self._in_room(rooms[0])
        # Adding 0 keeps the planner on the primary key; otherwise it would sort for every page.
        number = EventRow.room_id + 0
        here = number.is_not(None) if rooms is None else number.in_(rooms)
        place = or_(here, EventRow.conversation.is_not(None)) if direct else here
        kinds = (*MESSAGES, *EXPORTED_ROOM_EVENTS) if self._wanted.events else MESSAGES
        return [
            QueryRange((place, EventRow.kind.in_(kinds), *self._conditions(EventRow.at + 0)), (EventRow.id,))
        ]

    def _in_room(self, room: int) -> list[QueryRange]:
        here = (EventRow.room_id == room, *self._conditions(EventRow.at))
        found = [QueryRange((*here, SPOKEN), TIME_ORDER)]
        if self._wanted.events:
            found.append(QueryRange((*here, HAPPENED, EventRow.kind.in_(EXPORTED_ROOM_EVENTS)), TIME_ORDER))
        return found

    def _in_conversation(self, name: str) -> QueryRange:
        return QueryRange((EventRow.conversation == name, SPOKEN, *self._conditions(EventRow.at)), TIME_ORDER)

    def _conditions(self, at: SQLColumnExpression[int]) -> Iterator[ColumnElement[bool]]:
        wanted = self._wanted
        yield EventRow.id + 0 <= self._end
        if wanted.since is not None:
            yield at >= wanted.since
        if wanted.until is not None:
            yield at <= wanted.until

    def _merged(self, ranges: Sequence[QueryRange], backwards: bool = False) -> Iterator[HistoryEntry]:
        """Merge ranges with a common order."""
        rows = (self._rows(range_, backwards) for range_ in ranges)
        for row in merge(*rows, key=ranges[0].sort_key, reverse=backwards):
            if self._is_wanted(row):
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

    def _is_wanted(self, row: Row[Any]) -> bool:
        """Return whether the row yields an entry. A redacted message yields none."""
        if row.kind in MESSAGES and not row.text:
            return False
        return self._wanted.user is None or self._wanted.user in _participants(row)

    def _entry(self, row: Row[Any]) -> HistoryEntry:
        room = None if row.room_id is None else self._rooms.get(row.room_id, f"#{row.room_id}")
        kind = Kind(row.kind)
        data = from_json(kind, row.data)
        return HistoryEntry(
            id=msgid(row.id),
            at=row.at,
            place=room or self._conversation_name(row),
            room=room,
            kind=kind,
            nick=_author(data) or row.nick,
            account=row.account,
            target=row.target,
            text=_text(row, data),
        )

    def _conversation_name(self, row: Row[Any]) -> str:
        """Name a conversation after the nicks in its first message read, whatever they change to later."""
        name = " and ".join(sorted((row.nick, row.target or "?"), key=fold))
        return self._conversation_names.setdefault(row.conversation, name)


def _author(data: EventData | None) -> str | None:
    """Return the original author of an imported message."""
    return data.author if isinstance(data, MessageData) else None


def _text(row: Row[Any], data: EventData | None) -> str:
    """Return the text of an entry: the message, the mode changes, or the room's new name."""
    if isinstance(data, ModeData):
        return format_modes(data.changes)
    return data.to if isinstance(data, RenamedData) else row.text or ""


def format_modes(changes: Iterable[ModeRow]) -> str:
    """Format mode changes as `+o anna -k *`, hiding the key of a room."""
    words = []
    for sign, letter, argument, *_ in changes:
        shown = "*" if letter == "k" else argument
        words.append(f"{sign}{letter}" if shown is None else f"{sign}{letter} {shown}")
    return " ".join(words)


def is_known_name(session: Session, name: str) -> bool:
    """Return whether a name is an account or occurs as a nick in the log."""
    key = fold(name)
    if find_account(session, key) is not None:
        return True
    return any(fold(nick) == key for nick in session.scalars(select(EventRow.nick).distinct()))


def _participants(row: Row[Any]) -> set[Key]:
    """Return the names of the author and, in a private conversation, of the other side."""
    names = [row.nick, row.account, None if row.room_id else row.target]
    return {fold(name) for name in names if name}
