"""Data of events of the server: bans, settings and expired history."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.events.event import EventData


@dataclass(frozen=True, slots=True)
class RevokedData(EventData):
    """The id of the revoked ban or invitation."""

    id: int


@dataclass(frozen=True, slots=True)
class RehashedData(EventData):
    """The names of the changed settings, and of those that take effect only after a restart."""

    changed: Sequence[str]
    waiting: Sequence[str]


@dataclass(frozen=True, slots=True)
class BannedData(EventData):
    """A server ban: the type of its mask, and the instant at which it expires."""

    id: int
    type: str
    expires: int | None


@dataclass(frozen=True, slots=True)
class ExpiredData(EventData):
    """The number of events that were removed, and of the rooms and conversations they were in.

    `entry` is the id of the audit entry that the pass made in the meantime, and is replaced.
    """

    events: int
    rooms: int
    conversations: int
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class NodeData(EventData):
    """The run of a node that started, and its version."""

    epoch: int
    version: str
