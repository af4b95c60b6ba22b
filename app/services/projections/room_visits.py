"""Projections for visits: the time since which a session or account has been in a room.

A room with hidden history (+H) shows its members only the messages sent during their visit. The
visit of an account begins with its first JOIN and ends with PART or KICK, regardless of nicks, so
it includes messages sent while the account was disconnected. The visit of a session ends with the
session at the latest. A guest that logs in passes its visits on to the account; logging out ends
those of the account.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, insert, select
from sqlalchemy.orm import aliased

from app.db.insertion import insert_rows
from app.db.models import MembershipRow, RoomVisitRow, SessionRow
from app.events import Event, Kind
from app.events.data import KickedData
from app.services.accounts.accounts import find_account_id
from app.services.projections.projection import BatchProjection, Projection
from app.wire.names import fold

_COLUMNS = ("party", "room_id", "since", "at")
_types = {column.name: column.type for column in RoomVisitRow.__table__.columns}
_new: dict[str, Any] = {name: bindparam(f"new_{name}", type_=_types[name]) for name in _COLUMNS}
_guests = aliased(RoomVisitRow)


def _visit_exists(room: Any) -> Any:
    return exists().where(RoomVisitRow.party == _new["party"], RoomVisitRow.room_id == room)


_BEGIN = insert(RoomVisitRow).from_select(
    _COLUMNS, select(*_new.values()).where(~_visit_exists(_new["room_id"]))
)
_COPY_TO_ACCOUNT = insert(RoomVisitRow).from_select(
    _COLUMNS,
    select(_new["party"], _guests.room_id, _guests.since, _guests.at).where(
        _guests.party == bindparam("guest"), ~_visit_exists(_guests.room_id)
    ),
)
_END = delete(RoomVisitRow).where(
    RoomVisitRow.party.in_(bindparam("parties", expanding=True)), RoomVisitRow.room_id == bindparam("room")
)
_END_ALL = delete(RoomVisitRow).where(RoomVisitRow.party == bindparam("guest"))


def _joined(connection: Connection, events: Sequence[Event]) -> None:
    """Begin the visit of the session, and of its account unless another session began it."""
    joins = [event for event in events if event.session is not None]
    insert_rows(connection, RoomVisitRow, _COLUMNS, [_to_row(event, f"s{event.session}") for event in joins])
    for event in joins:
        for account in _parties(connection, event.session, event.account)[1:]:
            new = {
                f"new_{name}": value for name, value in zip(_COLUMNS, _to_row(event, account), strict=True)
            }
            connection.execute(_BEGIN, new)


def _to_row(event: Event, party: str) -> tuple[object, ...]:
    return (party, event.room, event.id, event.at)


def _parted(connection: Connection, event: Event) -> None:
    if event.session is not None:
        parties = _parties(connection, event.session, event.account)
        connection.execute(_END, {"parties": parties, "room": event.room})


def _kicked(connection: Connection, event: Event) -> None:
    session = KickedData.of(event).session
    account = connection.scalar(select(SessionRow.account).where(SessionRow.id == session))
    connection.execute(_END, {"parties": _parties(connection, session, account), "room": event.room})


def _quit(connection: Connection, event: Event) -> None:
    connection.execute(_END_ALL, {"guest": f"s{event.session}"})


def _logged_in(connection: Connection, event: Event) -> None:
    guest, *accounts = _parties(connection, event.session, event.account)
    for account in accounts:
        connection.execute(_COPY_TO_ACCOUNT, {"new_party": account, "guest": guest})


def end_account_visits(connection: Connection, session: int | None, new: str | None) -> None:
    """End the visits of a session's stored account, unless it equals the new one.

    Only rooms that the session is in, and no other session of the account, are affected.
    """
    account = connection.scalar(select(SessionRow.account).where(SessionRow.id == session))
    if account in (None, new):
        return
    _, *parties = _parties(connection, session, account)
    is_other_session = and_(
        SessionRow.id == MembershipRow.session_id, SessionRow.account == account, SessionRow.id != session
    )
    others = exists().where(MembershipRow.room_id == RoomVisitRow.room_id, is_other_session)
    rooms = select(MembershipRow.room_id).where(MembershipRow.session_id == session)
    connection.execute(
        delete(RoomVisitRow).where(RoomVisitRow.party.in_(parties), RoomVisitRow.room_id.in_(rooms), ~others)
    )


def _parties(connection: Connection, session: int | None, account: str | None) -> list[str]:
    """Return the parties whose visits are recorded: the session, and its account if any."""
    if account is None:
        return [f"s{session}"]
    account_id = find_account_id(connection, fold(account))
    return [f"s{session}"] if account_id is None else [f"s{session}", f"a{account_id}"]


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.PARTED: _parted,
    Kind.KICKED: _kicked,
    Kind.QUIT: _quit,
    Kind.LOGGED_IN: _logged_in,
}


BATCH_PROJECTIONS: Mapping[Kind, BatchProjection] = {
    Kind.JOINED: _joined,
}
