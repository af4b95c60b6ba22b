"""Projections for the nodes on this database. A node adds its own row (`services.nodes`)."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, update

from app.db.models import NodeRow
from app.events import Event, Kind
from app.services.projections.projection import Projection


def _ended(connection: Connection, event: Event) -> None:
    connection.execute(delete(NodeRow).where(NodeRow.name == event.target))


def _drained(connection: Connection, event: Event) -> None:
    connection.execute(update(NodeRow).where(NodeRow.name == event.target).values(draining=True))


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.NODE_ENDED: _ended,
    Kind.NODE_DRAINED: _drained,
}
