"""What accounts and rooms say of themselves; a guest's words are kept nowhere but in the log."""

from sqlalchemy import ColumnElement, Connection, delete, insert

from app.db.models import AccountMetadataRow, RoomMetadataRow
from app.events import Event, Kind
from app.services.projections.registry import projects


@projects(Kind.METADATA)
def _metadata(connection: Connection, event: Event) -> None:
    if event.room is not None:
        _put(connection, event, RoomMetadataRow, RoomMetadataRow.room_id == event.room, room_id=event.room)
    elif event.data["party"].startswith("a"):
        account = int(event.data["party"].removeprefix("a"))
        _put(
            connection,
            event,
            AccountMetadataRow,
            AccountMetadataRow.account_id == account,
            account_id=account,
        )


def _put(
    connection: Connection,
    event: Event,
    table: type[AccountMetadataRow] | type[RoomMetadataRow],
    whose: ColumnElement[bool],
    **owner: int,
) -> None:
    key = event.data["key"]
    connection.execute(delete(table).where(whose, table.key == key))
    if event.text is not None:
        connection.execute(insert(table).values(**owner, key=key, value=event.text))
