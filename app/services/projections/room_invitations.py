"""Projections for invitations to rooms, which end on use, with the session or with the room."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, select, text

from app.db.models import RoomInvitationRow
from app.events import Event, Kind
from app.events.data import InvitedData
from app.services.projections.projection import BatchProjection, Projection

_UPSERT = text(
    """
    INSERT INTO room_invitation (session_id, room_id) SELECT :session, id FROM room WHERE id = :room
    ON CONFLICT (session_id, room_id) DO NOTHING
    """
)
# Compiled once, because sessions begin and end in bursts.
_FIND = select(RoomInvitationRow.session_id, RoomInvitationRow.room_id).where(
    RoomInvitationRow.room_id.in_(bindparam("rooms", expanding=True))
)
_DELETE_ALL = delete(RoomInvitationRow).where(RoomInvitationRow.session_id == bindparam("session"))
_DELETE = _DELETE_ALL.where(RoomInvitationRow.room_id == bindparam("room"))


def _invited(connection: Connection, event: Event) -> None:
    connection.execute(_UPSERT, {"session": InvitedData.of(event).session, "room": event.room})


def _joined(connection: Connection, events: Sequence[Event]) -> None:
    """Delete the invitations that are used; most joins use none."""
    joins = {(event.session, event.room) for event in events}
    invitations = connection.execute(_FIND, {"rooms": list({room for _, room in joins})}).all()
    used = joins.intersection((session, room) for session, room in invitations)
    if used:
        connection.execute(_DELETE, [{"session": session, "room": room} for session, room in used])


def _quit(connection: Connection, event: Event) -> None:
    connection.execute(_DELETE_ALL, {"session": event.session})


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.INVITED: _invited,
    Kind.QUIT: _quit,
}

BATCH_PROJECTIONS: Mapping[Kind, BatchProjection] = {
    Kind.JOINED: _joined,
}
