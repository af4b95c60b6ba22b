"""Projections for the nodes that have devices of a session."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, text

from app.db.insertion import insert_rows
from app.db.models import SessionNodeRow
from app.events import Event, Kind
from app.events.data import AttachedData, ConnectedData, DetachedData, DevicesData
from app.services.projections.projection import BatchProjection, Projection

_COLUMNS = ("session_id", "node", "since", "secure", "certificates")
_UPSERT = text(
    """
    INSERT INTO session_node (session_id, node, since, secure, certificates)
    VALUES (:session, :node, :since, :secure, :certificates)
    ON CONFLICT (session_id, node) DO UPDATE SET secure = :secure, certificates = :certificates
    """
)
# Compiled once, because sessions end in bursts.
_DELETE_ALL = delete(SessionNodeRow).where(SessionNodeRow.session_id == bindparam("session"))
_DELETE = _DELETE_ALL.where(SessionNodeRow.node == bindparam("left"))


def _connected(connection: Connection, events: Sequence[Event]) -> None:
    insert_rows(connection, SessionNodeRow, _COLUMNS, [_to_row(event) for event in events])


def _to_row(event: Event) -> tuple[object, ...]:
    data = ConnectedData.of(event)
    return (event.session, data.node, event.at, data.secure, _join(data))


def _join(data: DevicesData) -> str:
    return " ".join(data.certificates or ())


def _attached(connection: Connection, event: Event) -> None:
    data = AttachedData.of(event)
    if data.node is not None:
        values = {"session": event.session, "node": data.node, "since": event.at}
        connection.execute(_UPSERT, values | {"secure": data.secure, "certificates": _join(data)})


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
