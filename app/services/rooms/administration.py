"""The administration of rooms.

The functions return a change, which `apply_admin_change` records.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import RoomRow
from app.errors import AlreadyExists, ChatError, UsageError
from app.events import Event, Kind
from app.events.data import DeletedData, RenamedData
from app.services.administration.admin_changes import AdminChange, Administrator
from app.services.retention.policies import find_policy
from app.services.rooms.details import count_messages
from app.services.rooms.rooms import find_room, get_room, official_room_event
from app.wire.name_rules import InvalidName, check_room
from app.wire.names import fold

AUTO_JOIN_REFUSAL = "The setting auto_join would recreate this room; remove the room from the setting first"
_KEPT_HISTORY = DeletedData()


def create_room(admin: Administrator, name: str, max_length: int) -> AdminChange:
    """Create an official room, which has no founder.

    Raises: AlreadyExists, or UsageError when the name is not valid.
    """
    name = check_room_name(name, max_length)
    if find_room(admin.session, name) is not None:
        raise AlreadyExists(f"The room {name} already exists.")
    return admin.make_change([official_room_event(admin.clock, admin.by, name)], "room.create", name)


def rename_room(
    admin: Administrator, name: str, new: str, max_length: int, auto_join: Iterable[str], reason: str
) -> AdminChange:
    """Rename a room, keeping its history, modes, roles and lists.

    Raises:
        NotFound: the room does not exist.
        AlreadyExists: another room has the new name.
        UsageError: the new name is not valid.
        ChatError: `auto_join` contains the old one.
    """
    room, new = get_room(admin.session, name), check_room_name(new, max_length)
    taken = admin.session.scalar(select(RoomRow).where(RoomRow.key == fold(new)))
    if taken is not None and taken.id != room.id:
        raise AlreadyExists(f"The room {taken.name} already exists.")
    if room.key != fold(new):
        _refuse_if_auto_joined(room, auto_join)
    event = Event(
        Kind.RENAMED, room=room.id, nick=admin.by, target=room.name, text=reason, data=RenamedData(new)
    )
    events = [] if room.name == new else [event]
    return admin.make_change(events, "room.rename", room.name, to=new, reason=reason or None)


def delete_room(
    admin: Administrator,
    name: str,
    auto_join: Iterable[str],
    reason: str,
    data: DeletedData = _KEPT_HISTORY,
) -> AdminChange:
    """Delete a room with its topic, modes, roles and lists.

    Its messages remain in the log, unless the data says that they are erased.

    Raises: NotFound, or ChatError when `auto_join` would recreate the room, or its history must
        not be erased.
    """
    room = get_room(admin.session, name)
    _refuse_if_auto_joined(room, auto_join)
    if data.erase:
        _refuse_if_held(admin.session, room)
    event = Event(Kind.DELETED, room=room.id, nick=admin.by, target=room.name, text=reason, data=data)
    messages = count_messages(admin.session, room)
    return admin.make_change([event], "room.delete", room.name, reason=reason, messages=messages)


def is_auto_joined(key: str, auto_join: Iterable[str]) -> bool:
    """Return whether the setting `auto_join` contains a room, given by its folded name."""
    return any(fold(name) == key for name in auto_join)


def _refuse_if_auto_joined(room: RoomRow, auto_join: Iterable[str]) -> None:
    if is_auto_joined(room.key, auto_join):
        raise ChatError(f"{AUTO_JOIN_REFUSAL}.")


def _refuse_if_held(session: Session, room: RoomRow) -> None:
    hold = find_policy(session.connection(), room.id).hold
    if hold is not None:
        raise ChatError(
            f"The history of {room.name} must not be erased: {hold}. "
            f"End the hold first, with `chat-admin retention release '{room.name}'`."
        )


def check_room_name(name: str, max_length: int) -> str:
    """Return a room name in its stored form. The `#` may be omitted.

    Raises: UsageError when the name is not valid.
    """
    try:
        return check_room(name if name.startswith("#") else f"#{name}", max_length)
    except InvalidName as error:
        raise UsageError(f"{name} is not a valid room name: {error.reason}") from error


def set_topic(admin: Administrator, name: str, topic: str) -> AdminChange:
    """Set the topic of a room; an empty topic clears it.

    Raises: NotFound.
    """
    room = get_room(admin.session, name)
    is_unchanged = room.topic == topic
    events = [] if is_unchanged else [Event(Kind.TOPIC, room=room.id, nick=admin.by, text=topic)]
    return admin.make_change(events, "room.topic", room.name, topic=topic)
