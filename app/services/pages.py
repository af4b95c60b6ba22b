"""Pages of history: a bounded stretch of the log, before, after or around a place in it.

A page is cut at instants. The log gives an instant once only in each room and to each correspondent, so these
order a history as its positions do; where a position was named, it tells apart what an import brought to one instant.
Every query is a stretch of one index, read from one of its ends until the page is full: it costs the same in a
small room and a large one. What was said and what else happened in rooms have an index each, so a page of what was
said is not slower for a million joins in between.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.db.log import from_row
from app.db.models import HAPPENED, SPOKEN, CorrespondentRow, EventRow, RoomRow
from app.events import MESSAGES, ROOM_EVENTS, Event, Kind
from app.wire.names import Key

MAX_CONVERSATIONS = 100  # with people of one name that are read together, the latest of them

_table = EventRow.__table__
_is_message = and_(SPOKEN, _table.c.text != "")  # what was redacted has no text left
PLAYBACK_KINDS = (Kind.TAGMSG, *ROOM_EVENTS)  # what a client may see of the past beside what was said


@dataclass(frozen=True, slots=True)
class HistoryCursor:
    """A point in a history: an instant, and the position in the log if that is what was named."""

    at: int
    id: int | None = None

    @property
    def position(self) -> int:
        """The position in the log, or 0, which is before all, if none was named."""
        return self.id or 0

    def before(self) -> "HistoryCursor":
        """Return the point just before, so that a stretch after it begins with this one."""
        return HistoryCursor(self.at - 1) if self.id is None else HistoryCursor(self.at, self.id - 1)


NOTHING_HIDDEN: Mapping[int, HistoryCursor] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class HistorySource:
    """One history: a room's, or that of the conversations with one person. `extra` are kinds beside messages.

    What comes before `first` is not to be seen (`visibility.first_visible`).
    """

    room: int | None = None
    conversations: tuple[str, ...] = ()
    extra: tuple[Kind, ...] = ()
    first: HistoryCursor | None = None


def latest(
    session: Session, place: HistorySource, limit: int, since: HistoryCursor | None = None
) -> list[Event]:
    """Return the last events, or the last of those after a mark. As everywhere here, the oldest comes first."""
    return _read_range(session.connection(), place, limit, low=since, newest=True)


def before(session: Session, place: HistorySource, limit: int, mark: HistoryCursor) -> list[Event]:
    """Return the last events before a mark."""
    return _read_range(session.connection(), place, limit, high=mark, newest=True)


def after(session: Session, place: HistorySource, limit: int, mark: HistoryCursor) -> list[Event]:
    """Return the first events after a mark."""
    return _read_range(session.connection(), place, limit, low=mark)


def between(
    session: Session, place: HistorySource, limit: int, first: HistoryCursor, last: HistoryCursor
) -> list[Event]:
    """Return the events between two marks, those nearest to the first if there are too many."""
    low, high = _ordered(first, last)
    return _read_range(session.connection(), place, limit, low=low, high=high, newest=low is not first)


def around(session: Session, place: HistorySource, limit: int, mark: HistoryCursor) -> list[Event]:
    """Return the events around a mark, with the one at the mark in the middle."""
    earlier = before(session, place, limit // 2, mark)
    return earlier + after(session, place, limit - limit // 2, mark.before())


def locate(session: Session, place: HistorySource, position: int) -> HistoryCursor | None:
    """Return the mark of a position in the log, if it is one of this history.

    What only a room's operators heard has a position in the room's history, though it is not shown there. Every
    position before what may be seen is the beginning of that, so that nobody learns what it is.
    """
    if place.first is not None and position < place.first.position:
        return place.first.before()
    query = select(_table.c.at, _table.c.room_id, _table.c.conversation).where(_table.c.id == position)
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    here = (*place.conversations, f"o{place.room}")
    is_here = row.room_id == place.room if row.room_id is not None else row.conversation in here
    return HistoryCursor(row.at, position) if is_here else None


def find_message(connection: Connection, position: int) -> Event | None:
    """Return the message at a position in the log, unless there is none or it was redacted."""
    row = connection.execute(select(_table).where(_table.c.id == position)).one_or_none()
    event = None if row is None else from_row(row)
    is_there = event is not None and event.kind in (*MESSAGES, Kind.TAGMSG) and event.text != ""
    return event if is_there else None


def latest_messages(connection: Connection, room: int, limit: int) -> list[Event]:
    """Return the last messages of a room, oldest first."""
    return _read_range(connection, HistorySource(room), limit, newest=True)


def list_private_messages(session: Session, party: str, limit: int, since: int) -> list[Event]:
    """Return the last messages of a party's private conversations since an instant, those of it included."""
    query = select(CorrespondentRow.conversation).where(CorrespondentRow.party == party)
    query = query.where(CorrespondentRow.last_at >= since).order_by(CorrespondentRow.last_at.desc())
    found = tuple(session.scalars(query.limit(MAX_CONVERSATIONS)))
    return (
        latest(session, HistorySource(conversations=found), limit, HistoryCursor(since).before())
        if found
        else []
    )


def _ordered(first: HistoryCursor, last: HistoryCursor) -> tuple[HistoryCursor, HistoryCursor]:
    """Return the earlier mark, then the later."""
    return (last, first) if (first.at, first.position) > (last.at, last.position) else (first, last)


def _read_range(
    connection: Connection,
    place: HistorySource,
    limit: int,
    low: HistoryCursor | None = None,
    high: HistoryCursor | None = None,
    newest: bool = False,
) -> list[Event]:
    """Return up to so many events between two marks, both excluded: the oldest of them, or the newest."""
    found: list[Event] = []
    for query in _range_queries(place, low, high, newest):
        found += [from_row(row) for row in connection.execute(query.limit(limit))]
    found.sort(key=lambda event: (event.at, event.id))
    return found[max(len(found) - limit, 0) :] if newest else found[:limit]


def _range_queries(
    place: HistorySource, low: HistoryCursor | None, high: HistoryCursor | None, newest: bool
) -> Iterator[Select[Any]]:
    """Yield a query for each part of the place; each is a stretch of one index."""
    order = [_table.c.at.desc(), _table.c.id.desc()] if newest else [_table.c.at, _table.c.id]
    for part in _parts(place):
        yield select(_table).where(part, *_bounds(low, high), *_visible(place)).order_by(*order)


def _parts(place: HistorySource) -> Iterator[ColumnElement[bool]]:
    """Yield what was said in the room, what else happened there, and what was in each conversation."""
    kinds = [kind.value for kind in place.extra]
    is_whole = or_(_table.c.kind != Kind.TAGMSG.value, func.coalesce(_table.c.text, "tags") != "")
    happened = and_(_table.c.kind.in_(kinds), is_whole)
    if place.room is not None:
        yield and_(_table.c.room_id == place.room, _is_message)
        if kinds:
            yield and_(_table.c.room_id == place.room, HAPPENED, happened)
    for conversation in place.conversations:
        yield and_(
            _table.c.conversation == conversation, or_(happened, _is_message) if kinds else _is_message
        )


def _bounds(low: HistoryCursor | None, high: HistoryCursor | None) -> Iterator[ColumnElement[bool]]:
    at, place = _table.c.at, tuple_(_table.c.at, _table.c.id)
    if low is not None:
        yield at > low.at if low.id is None else place > (low.at, low.id)
    if high is not None:
        yield at < high.at if high.id is None else place < (high.at, high.id)


def _visible(place: HistorySource) -> Iterator[ColumnElement[bool]]:
    """Yield that a row is not before what may be seen; the sum keeps the planner on the index of the order."""
    if place.first is not None:
        yield _table.c.at >= place.first.at
        yield _table.c.id + 0 >= place.first.position


@dataclass(frozen=True, slots=True)
class ConversationTarget:
    """Where something was said: a room, or the person in a private conversation; and when last."""

    name: str
    at: int


def list_targets(
    session: Session,
    rooms: Mapping[int, str],
    party: str,
    limit: int,
    first: int,
    last: int,
    visible: Mapping[int, HistoryCursor] = NOTHING_HIDDEN,
) -> list[ConversationTarget]:
    """Return those of the rooms and of a party's partners whose latest message lies between two instants.

    `visible` says where that begins which may be seen of a room. If there are too many targets, those nearest to
    the first instant; the oldest comes first.
    """
    low, high = sorted((first, last))
    found = [*_last_in_rooms(session, rooms, visible), *_last_with_partners(session, party, low)]
    chosen = sorted((one for one in found if low < one.at < high), key=lambda one: (one.at, one.name))
    return chosen[:limit] if first <= last else chosen[max(len(chosen) - limit, 0) :]


def find_conversations(session: Session | Connection, party: str, key: Key) -> tuple[str, ...]:
    """Return the private conversations of a party with people known by a name, the latest first."""
    query = select(CorrespondentRow.conversation).where(
        CorrespondentRow.party == party, CorrespondentRow.key == key
    )
    query = query.order_by(CorrespondentRow.last_at.desc()).limit(MAX_CONVERSATIONS)
    return tuple(session.scalars(query))


def list_partners(session: Session, party: str) -> dict[str, list[str]]:
    """Return the private conversations of a party by the names of its partners, at most the latest of them."""
    query = select(CorrespondentRow.key, CorrespondentRow.name, CorrespondentRow.conversation)
    query = query.where(CorrespondentRow.party == party).order_by(CorrespondentRow.last_at.desc())
    names: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for key, name, conversation in session.execute(query.limit(MAX_CONVERSATIONS)):
        found.setdefault(names.setdefault(key, name), []).append(conversation)
    return found


def _last_in_rooms(
    session: Session, rooms: Mapping[int, str], visible: Mapping[int, HistoryCursor]
) -> Iterator[ConversationTarget]:
    query = select(RoomRow.id, _last_at(_table.c.room_id == RoomRow.id)).where(RoomRow.id.in_(rooms))
    for room, at in session.execute(query):
        if at is not None and (room not in visible or at >= visible[room].at):
            yield ConversationTarget(rooms[room], at)


def _last_with_partners(session: Session, party: str, since: int) -> Iterator[ConversationTarget]:
    """Yield a party's partners, each name once; what happened last with them may have been no message."""
    last_at = _last_at(_table.c.conversation == CorrespondentRow.conversation)
    query = select(CorrespondentRow.name, CorrespondentRow.key, last_at)
    query = query.where(CorrespondentRow.party == party, CorrespondentRow.last_at > since)
    latest: dict[str, ConversationTarget] = {}
    for name, key, at in session.execute(query):
        if at is not None and (key not in latest or latest[key].at < at):
            latest[key] = ConversationTarget(name, at)
    yield from latest.values()


def _last_at(here: ColumnElement[bool]) -> ScalarSelect[int]:
    """Return the instant of the last message somewhere, as part of a query."""
    return (
        select(_table.c.at).where(here, _is_message).order_by(_table.c.at.desc()).limit(1).scalar_subquery()
    )
