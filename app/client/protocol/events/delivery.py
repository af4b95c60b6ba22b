"""Events about the delivery of our own messages."""

from dataclasses import dataclass

from app.client.protocol.events.base import ClientEvent


@dataclass(frozen=True, slots=True)
class Queued(ClientEvent):
    """Our message waits until it can be sent; `reply_to` is the id of the message it answers."""

    number: int
    target: str
    text: str
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class EditRefused(ClientEvent):
    """A message of ours was not replaced by a new text, which was not sent."""

    room: str
    msgid: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cancelled(ClientEvent):
    """Our message was dropped before it was sent."""

    number: int
    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Sending(ClientEvent):
    """Our message was sent and awaits confirmation by the server."""

    number: int
    target: str
    text: str
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Stored(ClientEvent):
    """The server confirmed our message."""

    number: int


@dataclass(frozen=True, slots=True)
class SendFailed(ClientEvent):
    """Our message was not sent, was refused, or was unconfirmed when the connection was lost."""

    number: int
    target: str
    text: str
    reason: str
    reply_to: str = ""
