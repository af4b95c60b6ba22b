"""Looking up rooms, and the event that creates an official one."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import Clock
from app.db.models import RoomRow
from app.errors import NotFound
from app.events import Event, Kind
from app.events.data import CreatedData
from app.wire.names import fold

NEW_ROOM_MODES = "nt"  # no external messages; only operators set the topic


def find_room(session: Session, name: str) -> RoomRow | None:
    """Return the room with the given name, or None. Case is ignored and the `#` may be omitted."""
    keys = [fold(name), fold(f"#{name}")]
    return session.scalar(select(RoomRow).where(RoomRow.key.in_(keys)).order_by(RoomRow.key != keys[0]))


def get_room(session: Session, name: str) -> RoomRow:
    """Return the room with the given name. Case is ignored and the `#` may be omitted.

    Raises: NotFound.
    """
    room = find_room(session, name)
    if room is None:
        raise NotFound(f"There is no room {name}; `chat-admin room list` lists all rooms.")
    return room


def official_room_event(clock: Clock, by: str, name: str) -> Event:
    """Return the event that creates an official room: without a founder, kept when empty."""
    data = CreatedData(modes=NEW_ROOM_MODES, official=True, founder=None)
    return Event(Kind.CREATED, room=clock.new_id(), nick=by, target=name, data=data)
