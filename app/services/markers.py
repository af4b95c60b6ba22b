"""Read markers: how far somebody has read, in each room and with each person."""

from sqlalchemy import Connection, select

from app.db.models import ReadMarker
from app.wire.names import Key


def markers_of(connection: Connection, party: str) -> dict[Key, int]:
    """Return the instants up to which a party has read, by the folded name of the room or the nick."""
    query = select(ReadMarker.target, ReadMarker.at).where(ReadMarker.party == party)
    return {Key(row.target): row.at for row in connection.execute(query.order_by(ReadMarker.target))}
