"""Events about the presence of others, of our other devices, and of the server."""

from dataclasses import dataclass
from enum import Enum

from app.client.protocol.events.base import ClientEvent


class TypingState(Enum):
    """What a user is doing in the input field (https://ircv3.net/specs/client-tags/typing)."""

    ACTIVE = "active"
    PAUSED = "paused"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Typing(ClientEvent):
    """Another user is typing in a room or conversation, or has stopped.

    It ends with a message of that user, when the user leaves, 6 s after ACTIVE, 30 s after PAUSED.
    """

    room: str
    nick: str
    state: TypingState


@dataclass(frozen=True, slots=True)
class MarkerMoved(ClientEvent):
    """The read marker of a room or conversation moved to a time, here or on another device."""

    room: str
    at: int


@dataclass(frozen=True, slots=True)
class ConversationFound(ClientEvent):
    """There is a direct conversation with a user, read to its latest message at a time."""

    room: str
    at: int


@dataclass(frozen=True, slots=True)
class AwayReceived(ClientEvent):
    """The away states of a room's members were received (`ChannelMember.is_away`)."""

    room: str


@dataclass(frozen=True, slots=True)
class LagMeasured(ClientEvent):
    """The server has answered a PING after this many milliseconds."""

    lag_ms: int
