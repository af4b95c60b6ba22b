"""Projections for metadata of accounts, guests and rooms, and for private metadata."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert

from app.db.models import AccountMetadataRow, PrivateMetadataRow, RoomMetadataRow, SessionMetadataRow
from app.events import Event, Kind
from app.events.data import MetadataChangeData, PrivateMetadataData
from app.services.projections.projection import Projection
from app.wire.names import fold

# Compiled once, because sessions end in bursts.
_DELETE_ALL = delete(SessionMetadataRow).where(SessionMetadataRow.session_id == bindparam("session"))


def _metadata(connection: Connection, event: Event) -> None:
    data = MetadataChangeData.of(event)
    if event.room is not None:
        _set(connection, event, RoomMetadataRow, RoomMetadataRow.room_id == event.room, room_id=event.room)
    elif data.party is not None and data.party.startswith("a"):
        account = int(data.party.removeprefix("a"))
        _set(
            connection,
            event,
            AccountMetadataRow,
            AccountMetadataRow.account_id == account,
            account_id=account,
        )
    elif data.party is not None:
        session = int(data.party.removeprefix("s"))
        _set(
            connection,
            event,
            SessionMetadataRow,
            SessionMetadataRow.session_id == session,
            session_id=session,
        )


def _set(
    connection: Connection,
    event: Event,
    table: type[AccountMetadataRow] | type[RoomMetadataRow] | type[SessionMetadataRow],
    has_owner: ColumnElement[bool],
    **owner: int,
) -> None:
    key = MetadataChangeData.of(event).key
    connection.execute(delete(table).where(has_owner, table.key == key))
    if event.text is not None:
        connection.execute(insert(table).values(**owner, key=key, value=event.text))


def _forget_guest(connection: Connection, event: Event) -> None:
    connection.execute(_DELETE_ALL, {"session": event.session})


def _private_metadata(connection: Connection, event: Event) -> None:
    data, table = PrivateMetadataData.of(event), PrivateMetadataRow
    target = fold(event.target or "")
    connection.execute(
        delete(table).where(table.party == data.party, table.target == target, table.key == data.key)
    )
    if event.text is not None:
        values = {"party": data.party, "target": target, "key": data.key, "value": event.text}
        connection.execute(insert(table).values(values))


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.METADATA: _metadata,
    Kind.PRIVATE_METADATA: _private_metadata,
    Kind.LOGGED_IN: _forget_guest,
    Kind.LOGGED_OUT: _forget_guest,
    Kind.QUIT: _forget_guest,
}
