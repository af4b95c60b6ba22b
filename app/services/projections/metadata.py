"""Projections for account and room metadata; the metadata of guests is only in the log."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, delete, insert

from app.db.models import AccountMetadataRow, RoomMetadataRow
from app.events import Event, Kind
from app.events.data import MetadataChangeData
from app.services.projections.projection import Projection


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


def _set(
    connection: Connection,
    event: Event,
    table: type[AccountMetadataRow] | type[RoomMetadataRow],
    has_owner: ColumnElement[bool],
    **owner: int,
) -> None:
    key = MetadataChangeData.of(event).key
    connection.execute(delete(table).where(has_owner, table.key == key))
    if event.text is not None:
        connection.execute(insert(table).values(**owner, key=key, value=event.text))


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.METADATA: _metadata,
}
