"""Rooms: what holds there, who moderates, and their lists of masks."""

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.db.models import ReadMarkerRow, RoomMaskRow, RoomRoleRow, RoomRow
from app.events import Event, Kind
from app.services.projections.memberships import change_role
from app.services.projections.registry import projects
from app.wire.modes import FLAGS, LISTS, ROLES
from app.wire.names import fold


@projects(Kind.CREATED)
def _created(connection: Connection, event: Event) -> None:
    connection.execute(
        insert(RoomRow).values(
            id=event.room,
            name=event.target,
            key=fold(event.target or ""),
            topic="",
            topic_by="",
            modes=event.data["modes"],
            founder_id=event.data["founder"],
            official=event.data["official"],
            created=event.at,
        )
    )
    if event.data["founder"] is not None:
        connection.execute(
            insert(RoomRoleRow).values(room_id=event.room, account_id=event.data["founder"], role="o")
        )


@projects(Kind.RENAMED)
def _renamed(connection: Connection, event: Event) -> None:
    """The read markers follow; what somebody had marked under a name without a room before is gone."""
    old, new = fold(event.target or ""), fold(event.data["to"])
    connection.execute(update(RoomRow).where(RoomRow.id == event.room).values(name=event.data["to"], key=new))
    if old == new:
        return
    connection.execute(delete(ReadMarkerRow).where(ReadMarkerRow.target == new))
    connection.execute(update(ReadMarkerRow).where(ReadMarkerRow.target == old).values(target=new))


@projects(Kind.DELETED)
def _deleted(connection: Connection, event: Event) -> None:
    """What holds in the room goes with it; what was said there stays in the log."""
    connection.execute(delete(ReadMarkerRow).where(ReadMarkerRow.target == fold(event.target or "")))
    connection.execute(delete(RoomRow).where(RoomRow.id == event.room))


@projects(Kind.TOPIC)
def _topic(connection: Connection, event: Event) -> None:
    connection.execute(
        update(RoomRow)
        .where(RoomRow.id == event.room)
        .values(topic=event.text, topic_by=event.source, topic_at=event.at)
    )


@projects(Kind.MODE)
def _mode(connection: Connection, event: Event) -> None:
    for sign, letter, argument, account_id in event.data["changes"]:
        if letter in LISTS:
            _mask(connection, event, sign, letter, argument)
        elif letter in ROLES:
            _role(connection, event.room, sign, letter, account_id)
            change_role(connection, event.room, sign, letter, argument)
        elif letter in FLAGS:
            _flag(connection, event.room, sign, letter)
        elif letter == "k":
            _parameter(connection, event.room, RoomRow.password, event.secret.key)
        elif letter == "l":
            _parameter(connection, event.room, RoomRow.user_limit, int(argument) if sign == "+" else None)
        elif letter == "W":
            _parameter(connection, event.room, RoomRow.pause, int(argument) if sign == "+" else None)


def _mask(connection: Connection, event: Event, sign: str, letter: str, mask: str) -> None:
    connection.execute(
        delete(RoomMaskRow).where(
            RoomMaskRow.room_id == event.room, RoomMaskRow.mode == letter, RoomMaskRow.mask == mask
        )
    )
    if sign == "+":
        connection.execute(
            insert(RoomMaskRow).values(
                room_id=event.room, mode=letter, mask=mask, by=event.source, at=event.at
            )
        )


def _role(connection: Connection, room: int | None, sign: str, role: str, account_id: int | None) -> None:
    if account_id is None:
        return
    connection.execute(
        delete(RoomRoleRow).where(
            RoomRoleRow.room_id == room, RoomRoleRow.account_id == account_id, RoomRoleRow.role == role
        )
    )
    if sign == "+":
        connection.execute(insert(RoomRoleRow).values(room_id=room, account_id=account_id, role=role))


def _flag(connection: Connection, room: int | None, sign: str, letter: str) -> None:
    modes = set(connection.execute(select(RoomRow.modes).where(RoomRow.id == room)).scalar_one())
    modes = modes | {letter} if sign == "+" else modes - {letter}
    connection.execute(update(RoomRow).where(RoomRow.id == room).values(modes="".join(sorted(modes))))


def _parameter(
    connection: Connection, room: int | None, column: InstrumentedAttribute[Any], value: object
) -> None:
    connection.execute(update(RoomRow).where(RoomRow.id == room).values({column: value}))
