"""Rooms: what there is, and what an administrator may change about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from app.clock import Clock, to_datetime, to_datetime_or_none
from app.db.models import SPOKEN, AccountRow, EventRow, RoomMaskRow, RoomRoleRow, RoomRow
from app.errors import AlreadyExists, NotFound, UsageError
from app.events import Event, Kind
from app.services.admin_changes import AdminChange, Administrator
from app.services.metadata import get_room_metadata
from app.wire.names import InvalidName, check_room, fold

AUTO_JOIN_REFUSAL = "The setting auto_join names this room, and would make it anew; take it out there first"
NEW_ROOM_MODES = "nt"  # no messages from outside; only operators set the topic


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """A room in a list."""

    name: str
    topic: str
    modes: str
    official: bool
    founder: str | None
    created: datetime
    last_message: datetime | None


@dataclass(frozen=True, slots=True)
class RoomDetails:
    """All there is to know about a room; whether it has a password, never which."""

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
    """Look a room up by name, in any case; the `#` may be missing."""
    keys = [fold(name), fold(f"#{name}")]
    return session.scalar(select(RoomRow).where(RoomRow.key.in_(keys)).order_by(RoomRow.key != keys[0]))


def get_room(session: Session, name: str) -> RoomRow:
    """Look a room up by name, in any case; the `#` may be missing.

    Raises: NotFound.
    """
    room = find_room(session, name)
    if room is None:
        raise NotFound(f"There is no room {name}; `chat-admin room list` shows all.")
    return room


def official_room_event(clock: Clock, by: str, name: str) -> Event:
    """Return the event of a new room that is official: it belongs to nobody and stays when it is empty."""
    data = {"official": True, "founder": None, "modes": NEW_ROOM_MODES}
    return Event(Kind.CREATED, room=clock.identity(), nick=by, target=name, data=data)


def find_room_key(connection: Connection, room: int) -> str | None:
    """Return the key that a room asks for, if it has one."""
    return connection.execute(select(RoomRow.password).where(RoomRow.id == room)).scalar()


def list_rooms(session: Session, search: str | None = None) -> list[RoomSummary]:
    """Return the rooms by name, or those whose name or topic has the search text in it."""
    query = (
        select(RoomRow, AccountRow.name)
        .outerjoin(AccountRow, AccountRow.id == RoomRow.founder_id)
        .order_by(RoomRow.key)
    )
    if search is not None:
        query = query.where(
            RoomRow.key.contains(search.casefold(), autoescape=True)
            | RoomRow.topic.icontains(search, autoescape=True)
        )
    return [_summary(session, room, founder) for room, founder in session.execute(query)]


def _summary(session: Session, room: RoomRow, founder: str | None) -> RoomSummary:
    return RoomSummary(
        name=room.name,
        topic=room.topic,
        modes="".join(sorted(room.modes)),
        official=room.official,
        founder=founder,
        created=to_datetime(room.created),
        last_message=to_datetime_or_none(_edge_message(session, room, newest=True)),
    )


def get_room_details(session: Session, name: str) -> RoomDetails:
    """Return everything about a room.

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
        first_message=to_datetime_or_none(_edge_message(session, room, newest=False)),
        last_message=to_datetime_or_none(_edge_message(session, room, newest=True)),
        operators=_roles(session, room, "o"),
        voices=_roles(session, room, "v"),
        bans=_masks(session, room, "b"),
        exceptions=_masks(session, room, "e"),
        invitations=_masks(session, room, "I"),
        words=_masks(session, room, "g"),
        metadata=get_room_metadata(session, room.id),
    )


def create_room(admin: Administrator, name: str, longest: int) -> AdminChange:
    """Decide on a new room that belongs to nobody.

    Raises: AlreadyExists, or UsageError when the name cannot be a room's.
    """
    name = check_room_name(name, longest)
    if find_room(admin.session, name) is not None:
        raise AlreadyExists(f"There is a room {name} already.")
    return admin.make_change([official_room_event(admin.clock, admin.by, name)], "room.create", name)


def rename_room(
    admin: Administrator, name: str, new: str, longest: int, auto_join: Iterable[str], reason: str
) -> AdminChange:
    """Decide on another name for a room, which keeps everything else.

    Raises: NotFound, AlreadyExists, or UsageError when the new name cannot be a room's, or the settings need the old.
    """
    room, new = get_room(admin.session, name), check_room_name(new, longest)
    taken = admin.session.scalar(select(RoomRow).where(RoomRow.key == fold(new)))
    if taken is not None and taken.id != room.id:
        raise AlreadyExists(f"There is a room {taken.name} already.")
    if room.key != fold(new):
        _refuse_if_auto_joined(room, auto_join)
    event = Event(Kind.RENAMED, room=room.id, nick=admin.by, target=room.name, text=reason, data={"to": new})
    events = [] if room.name == new else [event]
    return admin.make_change(events, "room.rename", room.name, to=new, reason=reason or None)


def delete_room(admin: Administrator, name: str, auto_join: Iterable[str], reason: str) -> AdminChange:
    """Decide that a room is no more: its topic, modes, roles and lists. What was said there stays in the log.

    Raises: NotFound, or UsageError when the settings would make it anew.
    """
    room = get_room(admin.session, name)
    _refuse_if_auto_joined(room, auto_join)
    event = Event(Kind.DELETED, room=room.id, nick=admin.by, target=room.name, text=reason)
    messages = _count_messages(admin.session, room)
    return admin.make_change([event], "room.delete", room.name, reason=reason, messages=messages)


def is_auto_joined(key: str, auto_join: Iterable[str]) -> bool:
    """Whether the setting `auto_join` names a room."""
    return any(fold(name) == key for name in auto_join)


def _refuse_if_auto_joined(room: RoomRow, auto_join: Iterable[str]) -> None:
    """Refuse what a start would undo."""
    if is_auto_joined(room.key, auto_join):
        raise UsageError(f"{AUTO_JOIN_REFUSAL}.")


def check_room_name(name: str, longest: int) -> str:
    """Return the name as it is kept; the `#` may be missing.

    Raises: UsageError when it cannot be a room's.
    """
    try:
        return check_room(name if name.startswith("#") else f"#{name}", longest)
    except InvalidName as error:
        raise UsageError(f"{name} cannot be the name of a room: {error.reason}") from error


def set_topic(admin: Administrator, name: str, topic: str) -> AdminChange:
    """Decide on another topic; an empty one clears it.

    Raises: NotFound.
    """
    room = get_room(admin.session, name)
    is_so = room.topic == topic
    events = [] if is_so else [Event(Kind.TOPIC, room=room.id, nick=admin.by, text=topic)]
    return admin.make_change(events, "room.topic", room.name, topic=topic)


def _count_messages(session: Session, room: RoomRow) -> int:
    query = select(func.count()).select_from(EventRow)
    return session.scalar(query.where(EventRow.room_id == room.id, SPOKEN)) or 0


def _edge_message(session: Session, room: RoomRow, newest: bool) -> int | None:
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
