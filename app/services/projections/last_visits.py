"""Projections for last visits: the log position at which a visitor last left a room.

A visit ends when the session leaves the room or loses its last device, or when its nick, host or
account changes, because it then continues as that of another visitor. While an always-on session
has no device, nobody sees the room, so that leaving it then does not extend the visit. If the
server gave up waiting for the client, or the node is gone, the visit ended with the last message
that is known to have been delivered.
"""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Connection, Row, TextClause, select, text

from app.db.models import SessionRow
from app.events import Event, Kind
from app.events.data import DepartureData, DetachedData, KickedData
from app.services.accounts.accounts import find_account_id
from app.services.history.last_visits import list_visitors
from app.services.projections.projection import Projection
from app.wire.names import fold

# Upserts in syntax that SQLite and PostgreSQL share, as for the correspondents of messages.
_END = """
    INSERT INTO last_visit (visitor, room_id, until, session_id)
    SELECT :visitor, room.id, {until}, session.id FROM session JOIN room ON {room}
    WHERE session.id = :session AND session.detached IS NULL AND {condition}
    ON CONFLICT (visitor, room_id) DO UPDATE SET until = excluded.until, session_id = excluded.session_id
"""
_LAST_DELIVERED = """coalesce(
    (SELECT spoken.id FROM event AS spoken WHERE spoken.room_id = room.id
     AND kind IN ('privmsg', 'notice') AND spoken.at <= :delivered_until ORDER BY spoken.at DESC LIMIT 1),
    0)"""
_ONE_ROOM = "room.id = :room"
_ALL_ROOMS = "room.id IN (SELECT room_id FROM membership WHERE session_id = session.id)"
_ALWAYS = "1 = 1"
_NO_OTHER_NODE = """NOT EXISTS
    (SELECT 1 FROM session_node WHERE session_node.session_id = session.id AND session_node.node <> :node)"""
_MEMBER = select(SessionRow.id, SessionRow.nick, SessionRow.host, SessionRow.account)


def _left(connection: Connection, event: Event) -> None:
    if event.room is not None and event.session is not None:
        _end(connection, event, event.session, _visitors(connection, event))


def _kicked(connection: Connection, event: Event) -> None:
    query = _MEMBER.where(SessionRow.id == KickedData.of(event).session)
    member = connection.execute(query).one_or_none()
    if member is not None:
        _end(connection, event, member.id, _visitors(connection, member))


def _end(connection: Connection, event: Event, session: int, visitors: tuple[str, ...]) -> None:
    _execute(connection, event, visitors, _ONE_ROOM, room=event.room, session=session)


def _detached(connection: Connection, event: Event) -> None:
    """End the visits of a session, unless another node has a device.

    An event without a node is of a version that knew only one.
    """
    node, visitors = DetachedData.of(event).node, _visitors(connection, event)
    if node is None:
        _execute(connection, event, visitors, _ALL_ROOMS, session=event.session)
    else:
        _execute(connection, event, visitors, _ALL_ROOMS, _NO_OTHER_NODE, session=event.session, node=node)


def _identity_changed(connection: Connection, event: Event) -> None:
    """End the visits of the identities that the session has until this event."""
    member = connection.execute(_MEMBER.where(SessionRow.id == event.session)).one_or_none()
    if member is not None:
        _execute(connection, event, _visitors(connection, member), _ALL_ROOMS, session=event.session)


def _execute(
    connection: Connection,
    event: Event,
    visitors: tuple[str, ...],
    rooms: str,
    condition: str = _ALWAYS,
    **values: int | str | None,
) -> None:
    delivered_until = DepartureData.of(event).heard
    end = {"until": event.id} if delivered_until is None else {"delivered_until": delivered_until}
    statement = _statement(":until" if delivered_until is None else _LAST_DELIVERED, rooms, condition)
    connection.execute(statement, [{"visitor": visitor, **values, **end} for visitor in visitors])


@cache
def _statement(until: str, rooms: str, condition: str) -> TextClause:
    return text(_END.format(until=until, room=rooms, condition=condition))


def _visitors(connection: Connection, user: Event | Row[int, str, str, str | None]) -> tuple[str, ...]:
    """Return the identities of a user, given by an event or a row of their session."""
    account = user.account
    account_id = None if account is None else find_account_id(connection, fold(account))
    return list_visitors(user.nick, user.host, account_id)


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.PARTED: _left,
    Kind.KICKED: _kicked,
    Kind.QUIT: _left,
    Kind.DETACHED: _detached,
    Kind.NICK: _left,
    Kind.HOST: _identity_changed,
    Kind.LOGGED_IN: _identity_changed,
    Kind.LOGGED_OUT: _identity_changed,
}
