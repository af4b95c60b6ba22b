"""Pages of history: limited ranges of the log before, after or around a cursor (CHATHISTORY).

Pages are delimited by time. Within a room or conversation the log assigns strictly increasing
times, so time order is log order; a cursor may also carry a log position, which distinguishes
imported messages that share a time. Every query reads a range of one index from one end until the
page is full, so its cost does not depend on the size of the room. Messages and other events in
rooms have separate indexes, so a million joins between two messages do not slow down a page of
messages.

A page that reaches back to where older history has expired begins with a notice that says so
(`retention.notices`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.db.log import from_row
from app.db.models import HAPPENED, SPOKEN, CorrespondentRow, EventRow
from app.events import MESSAGES, ROOM_EVENTS, Event, Kind
from app.services.retention.notices import find_expiry_notice
from app.wire.names import Key

T = TypeVar("T")
END = 1 << 62  # after every log position
MAX_CONVERSATIONS = 100  # read by one query, latest first

_table = EventRow.__table__
IS_MESSAGE = and_(SPOKEN, _table.c.text != "")  # a redacted message has an empty text
PLAYBACK_KINDS = (Kind.TAGMSG, *ROOM_EVENTS)  # besides messages


@dataclass(frozen=True, slots=True)
class HistoryCursor:
    """A point in a history: a time in milliseconds and, if known, a log position."""

    at: int
    id: int | None = None

    @property
    def position(self) -> int:
        """The log position, or 0 if it is unknown."""
        return self.id or 0

    def before(self) -> "HistoryCursor":
        """Return the cursor just before this one; as an exclusive bound, it includes this one."""
        return HistoryCursor(self.at - 1) if self.id is None else HistoryCursor(self.at, self.id - 1)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a history, oldest first.

    `is_last` means that the query selects nothing beyond it, so that no further page follows.
    """

    items: list[T]
    is_last: bool


@dataclass(frozen=True, slots=True)
class HistorySource:
    """The source of a page: a room, or the private conversations with a partner.

    `extra` lists kinds of events to return besides messages. Events before `first` are hidden
    (`visibility.find_first_visible`).
    """

    room: int | None = None
    conversations: tuple[str, ...] = ()
    extra: tuple[Kind, ...] = ()
    first: HistoryCursor | None = None


def latest(
    session: Session, source: HistorySource, limit: int, since: HistoryCursor | None = None
) -> Page[Event]:
    """Return the latest `limit` events, or the latest after a cursor, oldest first."""
    return _read_page(session.connection(), source, limit, low=since, newest=True)


def before(session: Session, source: HistorySource, limit: int, cursor: HistoryCursor) -> Page[Event]:
    """Return the last `limit` events before a cursor, oldest first."""
    return _read_page(session.connection(), source, limit, high=cursor, newest=True)


def after(session: Session, source: HistorySource, limit: int, cursor: HistoryCursor) -> Page[Event]:
    """Return the first `limit` events after a cursor, oldest first."""
    return _read_page(session.connection(), source, limit, low=cursor)


def between(
    session: Session, source: HistorySource, limit: int, first: HistoryCursor, last: HistoryCursor
) -> Page[Event]:
    """Return the events between two cursors; if more than `limit`, those nearest to `first`."""
    low, high = _ordered(first, last)
    return _read_page(session.connection(), source, limit, low=low, high=high, newest=low is not first)


def around(session: Session, source: HistorySource, limit: int, cursor: HistoryCursor) -> Page[Event]:
    """Return `limit` events around a cursor, with the event at the cursor in the middle."""
    earlier = before(session, source, limit // 2, cursor)
    later = after(session, source, limit - limit // 2, cursor.before())
    return Page(earlier.items + later.items, earlier.is_last and later.is_last)


def locate(session: Session, source: HistorySource, position: int) -> HistoryCursor | None:
    """Return the cursor of a log position, or None if it does not belong to the source.

    The ids of messages to a room's operators (STATUSMSG) are valid positions in the room's history,
    although pages omit these messages. A hidden position yields the start of the visible part,
    which does not reveal whether the position exists. So does the position of an expired event.
    """
    if source.first is not None and position < source.first.position:
        return source.first.before()
    query = select(_table.c.at, _table.c.room_id, _table.c.conversation).where(_table.c.id == position)
    row = session.execute(query).one_or_none()
    if row is not None:
        conversations = (*source.conversations, f"o{source.room}")
        is_in_room = row.room_id is not None and row.room_id == source.room
        is_in_conversation = row.room_id is None and row.conversation in conversations
        if is_in_room or is_in_conversation:
            return HistoryCursor(row.at, position)
    return _locate_expired(session.connection(), source, position)


def _locate_expired(connection: Connection, source: HistorySource, position: int) -> HistoryCursor | None:
    """Return the cursor just before the expiry notice, or that of the notice itself."""
    notice = find_expiry_notice(connection, source.room, source.conversations)
    if notice is None or position > notice.id:
        return None
    cursor = HistoryCursor(notice.at, notice.id)
    return cursor if position == notice.id else cursor.before()


def find_message(connection: Connection, position: int) -> Event | None:
    """Return the message at a log position, or None if there is none or it was redacted."""
    row = connection.execute(select(_table).where(_table.c.id == position)).one_or_none()
    event = None if row is None else from_row(row)
    is_readable = event is not None and event.kind in (*MESSAGES, Kind.TAGMSG) and event.text != ""
    return event if is_readable else None


def latest_messages(connection: Connection, room: int, limit: int) -> list[Event]:
    """Return the last messages of a room, oldest first."""
    return _read_page(connection, HistorySource(room), limit, newest=True).items


def list_private_messages(session: Session, party: str, limit: int, since: int) -> list[Event]:
    """Return the last `limit` messages of a party's private conversations, none before `since`."""
    query = select(CorrespondentRow.conversation).where(CorrespondentRow.party == party)
    query = query.where(CorrespondentRow.last_at >= since).order_by(CorrespondentRow.last_at.desc())
    found = tuple(session.scalars(query.limit(MAX_CONVERSATIONS)))
    source, low = HistorySource(conversations=found), HistoryCursor(since).before()
    events = _read_range(session.connection(), source, limit, low, newest=True)
    return cut_page(events, limit, newest=True).items


def _ordered(first: HistoryCursor, last: HistoryCursor) -> tuple[HistoryCursor, HistoryCursor]:
    """Return the earlier cursor, then the later one."""
    return (last, first) if (first.at, first.position) > (last.at, last.position) else (first, last)


def _read_page(
    connection: Connection,
    source: HistorySource,
    limit: int,
    low: HistoryCursor | None = None,
    high: HistoryCursor | None = None,
    newest: bool = False,
) -> Page[Event]:
    """Return the oldest or newest events between two cursors, both exclusive, up to the limit.

    Where older history has expired, the first event is a notice.
    """
    found = _read_range(connection, source, limit, low, high, newest)
    notice = find_expiry_notice(connection, source.room, source.conversations)
    if notice is not None and _selects(source, low, high, notice):
        found = sorted([notice, *found], key=_place)
    return cut_page(found, limit, newest)


def _selects(
    source: HistorySource, low: HistoryCursor | None, high: HistoryCursor | None, event: Event
) -> bool:
    """Return whether the bounds and the visible part of the source include an event."""
    first = source.first
    is_visible = first is None or (event.at >= first.at and event.id >= first.position)
    is_after_low = low is None or _place(event) > (low.at, END if low.id is None else low.id)
    is_before_high = high is None or _place(event) < (high.at, high.position)
    return is_visible and is_after_low and is_before_high


def _place(event: Event) -> tuple[int, int]:
    return event.at, event.id


def _read_range(
    connection: Connection,
    source: HistorySource,
    limit: int,
    low: HistoryCursor | None = None,
    high: HistoryCursor | None = None,
    newest: bool = False,
) -> list[Event]:
    """Return the oldest or newest events between two cursors, both exclusive.

    Each query reads one event more than the limit, which tells whether a page is the last.
    """
    found: list[Event] = []
    for query in _range_queries(source, low, high, newest):
        found += [from_row(row) for row in connection.execute(query.limit(limit + 1))]
    return sorted(found, key=_place)


def cut_page(found: list[T], limit: int, newest: bool) -> Page[T]:
    """Return the first or last `limit` items of all that were found."""
    items = found[max(len(found) - limit, 0) :] if newest else found[:limit]
    return Page(items, is_last=len(found) <= limit)


def _range_queries(
    source: HistorySource, low: HistoryCursor | None, high: HistoryCursor | None, newest: bool
) -> Iterator[Select[Any]]:
    """Yield the queries for the parts of the source; each reads a range of one index."""
    order = [_table.c.at.desc(), _table.c.id.desc()] if newest else [_table.c.at, _table.c.id]
    for part in _parts(source):
        yield select(_table).where(part, *_bounds(low, high), *_visible(source)).order_by(*order)


def _parts(source: HistorySource) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for the room's messages, its other events, and each conversation."""
    kinds = [kind.value for kind in source.extra]
    has_content = or_(_table.c.kind != Kind.TAGMSG.value, func.coalesce(_table.c.text, "tags") != "")
    is_extra = and_(_table.c.kind.in_(kinds), has_content)
    if source.room is not None:
        yield and_(_table.c.room_id == source.room, IS_MESSAGE)
        if kinds:
            yield and_(_table.c.room_id == source.room, HAPPENED, is_extra)
    for conversation in source.conversations:
        yield and_(_table.c.conversation == conversation, or_(is_extra, IS_MESSAGE) if kinds else IS_MESSAGE)


def _bounds(low: HistoryCursor | None, high: HistoryCursor | None) -> Iterator[ColumnElement[bool]]:
    at, cursor = _table.c.at, tuple_(_table.c.at, _table.c.id)
    if low is not None:
        yield at > low.at if low.id is None else cursor > (low.at, low.id)
    if high is not None:
        yield at < high.at if high.id is None else cursor < (high.at, high.id)


def _visible(source: HistorySource) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that exclude hidden history.

    Adding 0 makes the planner use the index that provides the order.
    """
    if source.first is not None:
        yield _table.c.at >= source.first.at
        yield _table.c.id + 0 >= source.first.position


def find_conversations(session: Session | Connection, party: str, key: Key) -> tuple[str, ...]:
    """Return a party's private conversations with partners of the given name, latest first."""
    query = select(CorrespondentRow.conversation).where(
        CorrespondentRow.party == party, CorrespondentRow.key == key
    )
    query = query.order_by(CorrespondentRow.last_at.desc()).limit(MAX_CONVERSATIONS)
    return tuple(session.scalars(query))


def list_partners(session: Session, party: str) -> dict[str, list[str]]:
    """Return a party's latest private conversations by the partner's name."""
    query = select(CorrespondentRow.key, CorrespondentRow.name, CorrespondentRow.conversation)
    query = query.where(CorrespondentRow.party == party).order_by(CorrespondentRow.last_at.desc())
    names: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for key, name, conversation in session.execute(query.limit(MAX_CONVERSATIONS)):
        found.setdefault(names.setdefault(key, name), []).append(conversation)
    return found
