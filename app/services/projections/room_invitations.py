"""Projections for invitations to rooms, which end on use, with the session or with the room."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, text

from app.db.models import RoomInvitationRow
from app.events import Event, Kind
from app.events.data import InvitedData, JoinedData
from app.services.projections.projection import BatchProjection, Projection

_UPSERT = text(
    """
    INSERT INTO room_invitation (session_id, room_id) SELECT :session, id FROM room WHERE id = :room
    ON CONFLICT (session_id, room_id) DO NOTHING
    """
)
# Compiled once, because sessions begin and end in bursts.
_DELETE_ALL = delete(RoomInvitationRow).where(RoomInvitationRow.session_id == bindparam("session"))
_DELETE = _DELETE_ALL.where(RoomInvitationRow.room_id == bindparam("room"))


def _invited(connection: Connection, event: Event) -> None:
    connection.execute(_UPSERT, {"session": InvitedData.of(event).session, "room": event.room})


def _joined(connection: Connection, events: Sequence[Event]) -> None:
    """Delete the invitations that are used."""
    used = [
        {"session": event.session, "room": event.room} for event in events if JoinedData.of(event).invited
    ]
    if used:
        connection.execute(_DELETE, used)


def _quit(connection: Connection, event: Event) -> None:
    connection.execute(_DELETE_ALL, {"session": event.session})


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.INVITED: _invited,
    Kind.QUIT: _quit,
}

BATCH_PROJECTIONS: Mapping[Kind, BatchProjection] = {
    Kind.JOINED: _joined,
}
