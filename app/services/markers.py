"""Read markers: how far somebody has read, in each room and with each person."""

from sqlalchemy import Connection, select

from app.db.models import ReadMarkerRow
from app.wire.names import Key


def load_read_markers(connection: Connection, party: str) -> dict[Key, int]:
    """Return the instants up to which a party has read, by the folded name of the room or the nick."""
    query = select(ReadMarkerRow.target, ReadMarkerRow.at).where(ReadMarkerRow.party == party)
    return {Key(row.target): row.at for row in connection.execute(query.order_by(ReadMarkerRow.target))}
