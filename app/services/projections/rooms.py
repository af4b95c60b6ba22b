"""Projections for rooms: properties, modes, roles and mask lists."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.db.models import (
    AccountRow,
    MembershipRow,
    PrivateMetadataRow,
    ReadMarkerRow,
    RoomMaskRow,
    RoomRoleRow,
    RoomRow,
    RoomVisitRow,
    SessionRow,
)
from app.events import Event, Kind, RoomKey, get_secret
from app.events.data import CreatedData, DeletedData, ModeData, RenamedData
from app.services.erasure.rooms import begin_room_erasure
from app.services.projections.memberships import change_role
from app.services.projections.projection import Projection
from app.wire.modes import FLAGS, LISTS, ROLES
from app.wire.names import Key, fold

_INSERT_ROOM, _INSERT_ROLE = insert(RoomRow), insert(RoomRoleRow)


def _created(connection: Connection, event: Event) -> None:
    data = CreatedData.of(event)
    connection.execute(
        _INSERT_ROOM,
        {
            "id": event.room,
            "name": event.target,
            "key": fold(event.target or ""),
            "topic": "",
            "topic_by": "",
            "modes": data.modes,
            "founder_id": data.founder,
            "official": data.official,
            "created": event.at,
        },
    )
    if data.founder is not None:
        connection.execute(_INSERT_ROLE, {"room_id": event.room, "account_id": data.founder, "role": "o"})


def _renamed(connection: Connection, event: Event) -> None:
    """Rename a room and move what its members keep about it: read markers and private metadata.

    What others keep must not show that a secret room was renamed.
    """
    data = RenamedData.of(event)
    old, new = fold(event.target or ""), fold(data.to)
    connection.execute(update(RoomRow).where(RoomRow.id == event.room).values(name=data.to, key=new))
    if old == new:
        return
    connection.execute(delete(ReadMarkerRow).where(_is_marker_of_member(event.room, new)))
    connection.execute(update(ReadMarkerRow).where(_is_marker_of_member(event.room, old)).values(target=new))
    is_kept = PrivateMetadataRow.party.in_(_parties_of_members(connection, event.room))
    target = PrivateMetadataRow.target
    connection.execute(delete(PrivateMetadataRow).where(is_kept, target == new))
    connection.execute(update(PrivateMetadataRow).where(is_kept, target == old).values(target=new))


def _parties_of_members(connection: Connection, room: int | None) -> list[str]:
    """Return the parties of the accounts that are in a room."""
    query = select(AccountRow.id).distinct().join(SessionRow, SessionRow.account == AccountRow.name)
    query = query.join(MembershipRow, MembershipRow.session_id == SessionRow.id)
    return [f"a{account}" for account in connection.scalars(query.where(MembershipRow.room_id == room))]


def _deleted(connection: Connection, event: Event) -> None:
    """Delete a room with its properties; its messages stay in the log, or are erased in steps."""
    connection.execute(
        delete(ReadMarkerRow).where(_is_marker_of_member(event.room, fold(event.target or "")))
    )
    connection.execute(delete(RoomRow).where(RoomRow.id == event.room))
    data = DeletedData.of(event)
    if data.erase:
        begin_room_erasure(connection, event, event.target or "", data.actor or event.nick)


def _is_marker_of_member(room: int | None, key: Key) -> ColumnElement[bool]:
    """Return the condition of read markers under a room's name that belong to its members."""
    members = select(RoomVisitRow.party).where(RoomVisitRow.room_id == room)
    return and_(ReadMarkerRow.target == key, ReadMarkerRow.party.in_(members))


def _topic(connection: Connection, event: Event) -> None:
    connection.execute(
        update(RoomRow)
        .where(RoomRow.id == event.room)
        .values(topic=event.text, topic_by=event.source, topic_at=event.at)
    )


def _mode(connection: Connection, event: Event) -> None:
    for sign, letter, argument, account_id in ModeData.of(event).changes:
        if letter in LISTS:
            _mask(connection, event, sign, letter, argument or "")
        elif letter in ROLES:
            _role(connection, event.room, sign, letter, account_id)
            change_role(connection, event.room, sign, letter, argument or "")
        elif letter in FLAGS:
            _flag(connection, event.room, sign, letter)
        elif letter == "k":
            _parameter(connection, event.room, RoomRow.password, get_secret(event, RoomKey).key)
        elif letter == "l":
            _parameter(connection, event.room, RoomRow.user_limit, _limit(sign, argument))
        elif letter == "W":
            _parameter(connection, event.room, RoomRow.pause, _limit(sign, argument))


def _limit(sign: str, argument: str | None) -> int | None:
    return int(argument) if sign == "+" and argument else None


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


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.CREATED: _created,
    Kind.RENAMED: _renamed,
    Kind.DELETED: _deleted,
    Kind.TOPIC: _topic,
    Kind.MODE: _mode,
}
