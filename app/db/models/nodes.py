"""Tables for the nodes: the servers that share this database."""

from typing import Any

from sqlalchemy import JSON, Boolean, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Instant, Reference


class NodeRow(Base):
    """A running node. Its lease is in the time of the database server, which all nodes share.

    Written by the node itself, and removed by the `node-ended` event; not derived from the log.
    """

    __tablename__ = "node"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    epoch: Mapped[Reference]  # of this run of the node; a node whose epoch is not here may not write
    started: Mapped[Instant]
    leased_until: Mapped[Instant]  # after this, the other nodes declare it dead
    version: Mapped[str] = mapped_column(String(64))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)  # those that must be equal on all nodes
    position: Mapped[Reference]  # of the last event that it has applied
    users: Mapped[Reference]  # users with a device on it
    draining: Mapped[bool] = mapped_column(Boolean)  # it refuses connections, and stops when it has none
    # Since when there has been a node at any time, and how many users there were at once at most; 0
    # in the rows of earlier versions.
    serving_since: Mapped[Instant] = mapped_column(server_default="0")
    peak_users: Mapped[Reference] = mapped_column(server_default="0")
