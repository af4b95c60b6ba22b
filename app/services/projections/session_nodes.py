"""Projections for the nodes that have devices of a session."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, text

from app.db.insertion import insert_rows
from app.db.models import SessionNodeRow
from app.events import Event, Kind
from app.events.data import AttachedData, ConnectedData, DetachedData
from app.services.projections.projection import BatchProjection, Projection

_COLUMNS = ("session_id", "node", "since")
_UPSERT = text(
    """
    INSERT INTO session_node (session_id, node, since) VALUES (:session, :node, :since)
    ON CONFLICT (session_id, node) DO NOTHING
    """
)
# Compiled once, because sessions end in bursts.
_DELETE_ALL = delete(SessionNodeRow).where(SessionNodeRow.session_id == bindparam("session"))
_DELETE = _DELETE_ALL.where(SessionNodeRow.node == bindparam("left"))


def _connected(connection: Connection, events: Sequence[Event]) -> None:
    rows = [(event.session, ConnectedData.of(event).node, event.at) for event in events]
    insert_rows(connection, SessionNodeRow, _COLUMNS, rows)


def _attached(connection: Connection, event: Event) -> None:
    node = AttachedData.of(event).node
    if node is not None:
        connection.execute(_UPSERT, {"session": event.session, "node": node, "since": event.at})


def _detached(connection: Connection, event: Event) -> None:
    node = DetachedData.of(event).node
    if node is None:
        _ended(connection, event)
    else:
        connection.execute(_DELETE, {"session": event.session, "left": node})


def _ended(connection: Connection, event: Event) -> None:
    connection.execute(_DELETE_ALL, {"session": event.session})


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.ATTACHED: _attached,
    Kind.DETACHED: _detached,
    Kind.QUIT: _ended,
}

BATCH_PROJECTIONS: Mapping[Kind, BatchProjection] = {
    Kind.CONNECTED: _connected,
}
