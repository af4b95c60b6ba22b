"""Projection for the retention policies of rooms. Rooms with the default policy have no row."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert

from app.db.models import RoomRetentionRow
from app.events import Event, Kind
from app.events.data import RetentionData
from app.services.projections.projection import Projection


def _retention(connection: Connection, event: Event) -> None:
    data = RetentionData.of(event)
    connection.execute(delete(RoomRetentionRow).where(RoomRetentionRow.room_id == event.room))
    if data.days is None and data.hold is None:
        return
    connection.execute(
        insert(RoomRetentionRow).values(
            room_id=event.room,
            name=event.target,
            days=data.days,
            hold=data.hold,
            at=event.at,
        )
    )


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.RETENTION: _retention,
}
