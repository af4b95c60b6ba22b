"""Queries for read markers: how far a party has read each conversation (IRCv3 `read-marker`)."""

from sqlalchemy import Connection, select

from app.db.models import ReadMarkerRow
from app.wire.names import Key


def load_read_markers(connection: Connection, party: str) -> dict[Key, int]:
    """Return a party's read markers by folded room name or nick.

    The markers are in milliseconds since the Unix epoch.
    """
    query = select(ReadMarkerRow.target, ReadMarkerRow.at).where(ReadMarkerRow.party == party)
    return {Key(row.target): row.at for row in connection.execute(query.order_by(ReadMarkerRow.target))}
