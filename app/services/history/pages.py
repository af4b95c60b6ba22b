"""Pages of history: limited ranges of the log before, after or around a cursor (CHATHISTORY).

Pages are delimited by time. Within a room or conversation the log assigns strictly increasing
times, so time order is log order; a cursor may also carry a log position, which distinguishes
imported messages that share a time.

A page that reaches back to where older history has expired begins with a notice that says so
(`retention.notices`).
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from app.db.log import from_row
from app.db.models import CorrespondentRow, EventRow
from app.events import MESSAGES, Event, Kind
from app.services.history.conversations import MAX_CONVERSATIONS
from app.services.history.source import HistoryCursor, HistorySource, range_queries
from app.services.retention.notices import find_expiry_notice

END = 1 << 62  # after every log position
_table = EventRow.__table__
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a history, oldest first.

    `is_last` means that the query selects nothing beyond it, so that no further page follows.
    """

    items: list[T]
    is_last: bool


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


def latest_messages(
    connection: Connection, room: int, limit: int, high: HistoryCursor | None = None
) -> list[Event]:
    """Return the last messages of a room, before `high` if given, oldest first."""
    return _read_page(connection, HistorySource(room), limit, high=high, newest=True).items


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
    for query in range_queries(source, low, high, newest):
        found += [from_row(row) for row in connection.execute(query.limit(limit + 1))]
    return sorted(found, key=_place)


def cut_page(found: list[T], limit: int, newest: bool) -> Page[T]:
    """Return the first or last `limit` items of all that were found."""
    items = found[max(len(found) - limit, 0) :] if newest else found[:limit]
    return Page(items, is_last=len(found) <= limit)
