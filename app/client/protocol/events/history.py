"""Events of history: what a view that scrolls has requested, and what happened during an outage."""

from dataclasses import dataclass
from enum import Enum

from app.client.protocol.events.base import ClientEvent
from app.client.protocol.events.conversation import (
    Joined,
    Kicked,
    Message,
    ModeChanged,
    Parted,
    Quit,
    Reaction,
    Redacted,
    Renamed,
    TopicChanged,
)

MembershipEvent = Joined | Parted | Kicked | Quit | Renamed | TopicChanged | ModeChanged
HistoryEvent = Message | Reaction | Redacted | MembershipEvent


class Direction(Enum):
    """Which part of the history a page contains, relative to the reference of the request."""

    LATEST = "LATEST"
    BEFORE = "BEFORE"
    AFTER = "AFTER"
    AROUND = "AROUND"


@dataclass(frozen=True, slots=True)
class HistoryFetched(ClientEvent):
    """The requested page of history, oldest first.

    `first` and `last` are the references from which to fetch on, or "" for an empty page.
    `is_complete` if there is nothing further in this direction; for AROUND, in both directions, and
    for LATEST, nothing earlier.
    """

    room: str
    events: tuple[HistoryEvent, ...]
    direction: Direction
    reference: str
    is_complete: bool
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class HistoryRefused(ClientEvent):
    """A requested page cannot be fetched."""

    room: str
    direction: Direction
    reference: str
    reason: str


@dataclass(frozen=True, slots=True)
class Replayed(ClientEvent):
    """What happened in a room, besides messages, before now; the state is not affected."""

    room: str
    events: tuple[MembershipEvent, ...]
