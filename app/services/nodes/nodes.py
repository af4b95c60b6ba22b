"""Lists the nodes of a database, and drains one of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from app.clock import to_datetime
from app.db.log import get_last_id
from app.db.models import EventRow, NodeRow
from app.errors import ChatError, NotFound
from app.events import Event, Kind
from app.services.administration.admin_changes import AdminChange, Administrator

_node = NodeRow.__table__


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node as the table describes it. Instants are in the time of the database server."""

    name: str
    epoch: int
    started: int
    leased_until: int
    version: str
    position: int
    users: int
    draining: bool


_LIST = select(*[_node.c[name] for name in NodeInfo.__slots__]).order_by(_node.c.name)
_FIND_POSITION = select(func.min(_node.c.position)).where(
    _node.c.name.in_(bindparam("names", expanding=True))
)
_FIND_INSTANT = (
    select(EventRow.at).where(EventRow.id <= bindparam("position")).order_by(EventRow.id.desc()).limit(1)
)


def list_nodes(connection: Connection) -> list[NodeInfo]:
    """Return the nodes in the order of their names, including any whose lease has expired."""
    return [NodeInfo(*row) for row in connection.execute(_LIST)]


class DeliveryProgress(NamedTuple):
    """How far nodes have delivered the log: the position, and the instant of its event or 0."""

    position: int
    delivered_until: int


def find_delivery_progress(connection: Connection, names: Iterable[str]) -> DeliveryProgress:
    """Return how far all of these nodes had delivered the log when they renewed their leases.

    A node that was killed has delivered more.
    """
    position = connection.scalar(_FIND_POSITION, {"names": list(names)}) or 0
    return DeliveryProgress(position, connection.scalar(_FIND_INSTANT, {"position": position}) or 0)


def find_expired(connection: Connection, now: int) -> list[NodeInfo]:
    """Return the nodes whose lease has expired; `now` is in the time of the database server."""
    return [node for node in list_nodes(connection) if node.leased_until < now]


def lock_expired(connection: Connection, now: int) -> list[str]:
    """Lock the rows of nodes whose lease has expired, and return their names.

    They cannot renew their leases until the transaction ends.
    """
    query = select(_node.c.name).where(_node.c.leased_until < now).order_by(_node.c.name)
    return list(connection.scalars(query.with_for_update()))


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A node as administrators see it.

    `lag` is the number of events that the node has not applied, as of its last renewal. `lease` is
    the time in seconds until its lease expires, negative if it has.
    """

    name: str
    started: datetime
    version: str
    users: int
    lag: int
    lease: int
    draining: bool


def describe_nodes(connection: Connection, now: int) -> list[NodeStatus]:
    """Return the nodes in the order of their names; `now` is the time of the database server."""
    end = get_last_id(connection)
    return [
        NodeStatus(
            name=node.name,
            started=to_datetime(node.started),
            version=node.version,
            users=node.users,
            lag=max(0, end - node.position),
            lease=round((node.leased_until - now) / 1000),
            draining=node.draining,
        )
        for node in list_nodes(connection)
    ]


def drain(admin: Administrator, name: str) -> AdminChange:
    """Have a node refuse new connections, close the others in small groups, and stop.

    Raises: NotFound when there is no such node; ChatError when it is the last one that is not
        being drained, so that its clients could not connect to another.
    """
    nodes = {node.name: node for node in list_nodes(admin.session.connection())}
    if name not in nodes:
        raise NotFound(f"There is no node {name}; `chat-admin node list` lists all nodes.")
    if not any(node.name != name and not node.draining for node in nodes.values()):
        raise ChatError(
            f"{name} is the only node, so its users could not connect to another; stop it instead."
        )
    event = Event(Kind.NODE_DRAINED, nick=admin.by, target=name)
    return admin.make_change([event], "node.drain", name)
