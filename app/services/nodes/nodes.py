"""Queries about the nodes of a database."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.db.models import NodeRow

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


def list_nodes(connection: Connection) -> list[NodeInfo]:
    """Return the nodes in the order of their names, including any whose lease has expired."""
    columns = [_node.c[name] for name in NodeInfo.__slots__]
    return [NodeInfo(*row) for row in connection.execute(select(*columns).order_by(_node.c.name))]


def find_expired(connection: Connection, now: int) -> list[NodeInfo]:
    """Return the nodes whose lease has expired; `now` is in the time of the database server."""
    return [node for node in list_nodes(connection) if node.leased_until < now]
