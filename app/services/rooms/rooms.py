"""Queries for rooms, and their administration.

Functions that take an `Administrator` return a change, which `apply_admin_change` records.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import Clock, to_datetime, to_datetime_or_none
from app.db.fulltext import fulltext_of
from app.db.models import SPOKEN, AccountRow, EventRow, RoomMaskRow, RoomRoleRow, RoomRow
from app.errors import AlreadyExists, NotFound, UsageError
from app.events import Event, Kind
from app.events.data import CreatedData, DeletedData, RenamedData
from app.services.administration.admin_changes import AdminChange, Administrator
from app.services.metadata import get_room_metadata
from app.services.retention.policies import find_policy
from app.wire.names import InvalidName, check_room, fold

AUTO_JOIN_REFUSAL = "The setting auto_join would recreate this room; remove the room from the setting first"
_KEPT_HISTORY = DeletedData()
NEW_ROOM_MODES = "nt"  # no external messages; only operators set the topic


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """An entry in the list of rooms."""

    name: str
    topic: str
    modes: str
    official: bool
    founder: str | None
    created: datetime
    last_message: datetime | None


@dataclass(frozen=True, slots=True)
class RoomDetails:
    """The details of a room. `password` tells whether it has a key, without revealing the key."""

    name: str
    topic: str
    topic_by: str
    topic_at: datetime | None
    modes: str
    password: bool
    limit: int | None
    pause: int | None
    official: bool
    founder: str | None
    created: datetime
    messages: int
    first_message: datetime | None
    last_message: datetime | None
    operators: list[str]
    voices: list[str]
    bans: list[str]
    exceptions: list[str]
    invitations: list[str]
    words: list[str]
    metadata: dict[str, str]


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


def list_rooms(session: Session, search: str | None = None) -> list[RoomSummary]:
    """Return the rooms whose name or topic contains the search text, or all, sorted by name.

    Case, width and composition do not matter.
    """
    query = (
        select(RoomRow, AccountRow.name)
        .outerjoin(AccountRow, AccountRow.id == RoomRow.founder_id)
        .order_by(RoomRow.key)
    )
    if search is not None:
        contains = fulltext_of(session.connection()).contains
        query = query.where(contains(RoomRow.name, search) | contains(RoomRow.topic, search))
    return [_summary(session, room, founder) for room, founder in session.execute(query)]


def _summary(session: Session, room: RoomRow, founder: str | None) -> RoomSummary:
    return RoomSummary(
        name=room.name,
        topic=room.topic,
        modes="".join(sorted(room.modes)),
        official=room.official,
        founder=founder,
        created=to_datetime(room.created),
        last_message=to_datetime_or_none(_message_time(session, room, newest=True)),
    )


def get_room_details(session: Session, name: str) -> RoomDetails:
    """Return the details of a room.

    Raises: NotFound.
    """
    room = get_room(session, name)
    return RoomDetails(
        name=room.name,
        topic=room.topic,
        topic_by=room.topic_by,
        topic_at=to_datetime_or_none(room.topic_at),
        modes="".join(sorted(room.modes)),
        password=room.password is not None,
        limit=room.user_limit,
        pause=room.pause,
        official=room.official,
        founder=session.scalar(select(AccountRow.name).where(AccountRow.id == room.founder_id)),
        created=to_datetime(room.created),
        messages=_count_messages(session, room),
        first_message=to_datetime_or_none(_message_time(session, room, newest=False)),
        last_message=to_datetime_or_none(_message_time(session, room, newest=True)),
        operators=_roles(session, room, "o"),
        voices=_roles(session, room, "v"),
        bans=_masks(session, room, "b"),
        exceptions=_masks(session, room, "e"),
        invitations=_masks(session, room, "I"),
        words=_masks(session, room, "g"),
        metadata=get_room_metadata(session, room.id),
    )


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
        UsageError: the new name is not valid, or `auto_join` contains the old one.
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

    Raises: NotFound, or UsageError when `auto_join` would recreate the room, or its history must
        not be erased.
    """
    room = get_room(admin.session, name)
    _refuse_if_auto_joined(room, auto_join)
    if data.erase:
        _refuse_if_held(admin.session, room)
    event = Event(Kind.DELETED, room=room.id, nick=admin.by, target=room.name, text=reason, data=data)
    messages = _count_messages(admin.session, room)
    return admin.make_change([event], "room.delete", room.name, reason=reason, messages=messages)


def is_auto_joined(key: str, auto_join: Iterable[str]) -> bool:
    """Return whether the setting `auto_join` contains a room, given by its folded name."""
    return any(fold(name) == key for name in auto_join)


def _refuse_if_auto_joined(room: RoomRow, auto_join: Iterable[str]) -> None:
    if is_auto_joined(room.key, auto_join):
        raise UsageError(f"{AUTO_JOIN_REFUSAL}.")


def _refuse_if_held(session: Session, room: RoomRow) -> None:
    hold = find_policy(session.connection(), room.id).hold
    if hold is not None:
        raise UsageError(
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


def _count_messages(session: Session, room: RoomRow) -> int:
    query = select(func.count()).select_from(EventRow)
    return session.scalar(query.where(EventRow.room_id == room.id, SPOKEN)) or 0


def _message_time(session: Session, room: RoomRow, newest: bool) -> int | None:
    order = EventRow.at.desc() if newest else EventRow.at
    query = select(EventRow.at).where(EventRow.room_id == room.id, SPOKEN)
    return session.scalar(query.order_by(order).limit(1))


def _roles(session: Session, room: RoomRow, role: str) -> list[str]:
    query = select(AccountRow.name).join(RoomRoleRow, RoomRoleRow.account_id == AccountRow.id)
    return list(
        session.scalars(
            query.where(RoomRoleRow.room_id == room.id, RoomRoleRow.role == role).order_by(AccountRow.key)
        )
    )


def _masks(session: Session, room: RoomRow, mode: str) -> list[str]:
    query = select(RoomMaskRow.mask).where(RoomMaskRow.room_id == room.id, RoomMaskRow.mode == mode)
    return list(session.scalars(query.order_by(RoomMaskRow.at)))
