"""Projections for room memberships and roles, from which a restart restores the rooms."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, select, update

from app.db.insertion import insert_rows
from app.db.models import MembershipRow, SessionRow
from app.events import Event, Kind
from app.events.data import JoinedData, KickedData
from app.services.projections.projection import BatchProjection, Projection

# Compiled once, because sessions end in bursts.
_DELETE_ALL = delete(MembershipRow).where(MembershipRow.session_id == bindparam("session"))
_DELETE = _DELETE_ALL.where(MembershipRow.room_id == bindparam("room"))


def _joined(connection: Connection, events: Sequence[Event]) -> None:
    rows = [
        (event.session, event.room, JoinedData.of(event).roles)
        for event in events
        if event.session is not None
    ]
    insert_rows(connection, MembershipRow, ("session_id", "room_id", "roles"), rows)


def _parted(connection: Connection, event: Event) -> None:
    _delete(connection, event.room, event.session)


def _kicked(connection: Connection, event: Event) -> None:
    _delete(connection, event.room, KickedData.of(event).session)


def _delete(connection: Connection, room: int | None, session: int | None) -> None:
    connection.execute(_DELETE, {"session": session, "room": room})


def delete_memberships(connection: Connection, session: int | None) -> None:
    """Delete all memberships of a session that ended."""
    connection.execute(_DELETE_ALL, {"session": session})


def change_role(connection: Connection, room: int | None, sign: str, role: str, nick: str) -> None:
    """Add a role to the member with the given nick if the sign is `+`, else remove it."""
    sessions = select(SessionRow.id).where(SessionRow.nick == nick, SessionRow.disconnected.is_(None))
    membership = (MembershipRow.room_id == room, MembershipRow.session_id.in_(sessions))
    for roles in connection.execute(select(MembershipRow.roles).where(*membership)).scalars().all():
        new = "".join(sorted(set(roles) | {role} if sign == "+" else set(roles) - {role}))
        connection.execute(update(MembershipRow).where(*membership).values(roles=new))


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.PARTED: _parted,
    Kind.KICKED: _kicked,
}


BATCH_PROJECTIONS: Mapping[Kind, BatchProjection] = {
    Kind.JOINED: _joined,
}
