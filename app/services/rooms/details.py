"""The list of rooms, and the details of one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import to_datetime, to_datetime_or_none
from app.db.fulltext import fulltext_of
from app.db.models import SPOKEN, AccountRow, EventRow, RoomMaskRow, RoomRoleRow, RoomRow
from app.services.metadata import get_room_metadata
from app.services.rooms.rooms import get_room


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
        messages=count_messages(session, room),
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


def count_messages(session: Session, room: RoomRow) -> int:
    """Return the number of messages in the history of a room."""
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
