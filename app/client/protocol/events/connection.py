"""Events of the connection."""

from dataclasses import dataclass
from enum import Enum

from app.client.protocol.events.base import ClientEvent


class Phase(Enum):
    """The phase of a connection; the values are shown to the user."""

    CONNECTING = "connecting"
    REGISTERING = "registering"
    ONLINE = "connected"
    LOST = "disconnected"
    RECONNECTING = "reconnecting"


@dataclass(frozen=True, slots=True)
class PhaseChanged(ClientEvent):
    """The connection entered a phase; `detail` is an address, our nick or the reason for a loss."""

    phase: Phase
    detail: str = ""
    retry_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Resumed(ClientEvent):
    """Catching up is complete.

    `missed` is the number of messages shown, or None if they could not all be fetched.
    """

    missed: int | None


@dataclass(frozen=True, slots=True)
class CaughtUp(ClientEvent):
    """All messages that were missed in a room or conversation have been shown."""

    room: str
    missed: int
