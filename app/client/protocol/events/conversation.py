"""Events of rooms and conversations."""

from dataclasses import dataclass

from app.client.protocol.events.base import ClientEvent


@dataclass(frozen=True, slots=True)
class Quote:
    """What a reply or a reaction refers to."""

    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Message(ClientEvent):
    """A message in a room or a direct conversation.

    `reply_to` is the id of the message that it answers; `quoted` is that message, if it is known.
    """

    room: str
    author: str
    text: str
    at: int
    is_mine: bool = False
    is_action: bool = False
    is_notice: bool = False
    is_direct: bool = False
    msgid: str = ""
    account: str = ""
    mask: str = ""  # nick!user@host of the author, or less if the server says less
    reply_to: str = ""
    quoted: Quote | None = None


@dataclass(frozen=True, slots=True)
class Reaction(ClientEvent):
    """A user reacted to a message, or removed a reaction."""

    room: str
    author: str
    reaction: str
    reply_to: str
    at: int
    is_removed: bool = False
    is_mine: bool = False
    is_direct: bool = False
    msgid: str = ""
    quoted: Quote | None = None


@dataclass(frozen=True, slots=True)
class Redacted(ClientEvent):
    """A message was deleted; its author and time are empty if it is not known."""

    room: str
    by: str
    msgid: str
    reason: str
    at: int
    author: str = ""
    sent_at: int = 0
    is_mine: bool = False
    is_direct: bool = False


@dataclass(frozen=True, slots=True)
class Joined(ClientEvent):
    """A user joined a room."""

    room: str
    nick: str
    at: int
    is_mine: bool = False
    account: str = ""


@dataclass(frozen=True, slots=True)
class Parted(ClientEvent):
    """A user left a room."""

    room: str
    nick: str
    reason: str
    at: int
    is_mine: bool = False


@dataclass(frozen=True, slots=True)
class Kicked(ClientEvent):
    """A user was kicked from a room."""

    room: str
    nick: str
    by: str
    reason: str
    at: int
    is_mine: bool = False


@dataclass(frozen=True, slots=True)
class Quit(ClientEvent):
    """A user disconnected from the server; `rooms` lists the rooms shared with us."""

    nick: str
    rooms: tuple[str, ...]
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Renamed(ClientEvent):
    """A user changed nick."""

    old: str
    new: str
    at: int
    is_mine: bool = False


@dataclass(frozen=True, slots=True)
class TopicChanged(ClientEvent):
    """The topic of a room changed, or was requested; `by` is empty in replies."""

    room: str
    topic: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class ModeChanged(ClientEvent):
    """The modes of a room or of our own user changed."""

    target: str
    modes: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Invited(ClientEvent):
    """A user was invited to a room."""

    room: str
    nick: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class AwayChanged(ClientEvent):
    """A user went away or, if the reason is empty, came back."""

    nick: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class JoinRefused(ClientEvent):
    """The server refused our JOIN."""

    room: str
    reason: str
    at: int
