"""What the client has to tell its user: plain values that any display can show.

The protocol state emits these; line mode, pipe mode or a full screen decide how they look.
Instants are milliseconds since the epoch, UTC.
"""

from dataclasses import dataclass
from enum import Enum


class Phase(Enum):
    """Where the connection is."""

    CONNECTING = "connecting"
    REGISTERING = "not logged in yet"
    ONLINE = "connected"
    LOST = "not connected"
    RECONNECTING = "reconnecting"


class Trouble(Enum):
    """Why a nick was refused."""

    REGISTERED = "registered"
    TAKEN = "taken"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """The root of everything that can be shown."""


@dataclass(frozen=True, slots=True)
class Message(ClientEvent):
    """Somebody said something in a room, or in a conversation between two."""

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


@dataclass(frozen=True, slots=True)
class Joined(ClientEvent):
    """Somebody came into a room."""

    room: str
    nick: str
    at: int
    is_mine: bool = False
    account: str = ""


@dataclass(frozen=True, slots=True)
class Parted(ClientEvent):
    """Somebody left a room."""

    room: str
    nick: str
    reason: str
    at: int
    is_mine: bool = False


@dataclass(frozen=True, slots=True)
class Kicked(ClientEvent):
    """Somebody was removed from a room."""

    room: str
    nick: str
    by: str
    reason: str
    at: int
    is_mine: bool = False


@dataclass(frozen=True, slots=True)
class Left(ClientEvent):
    """Somebody left the server; `rooms` are the ones shared with us."""

    nick: str
    rooms: tuple[str, ...]
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Renamed(ClientEvent):
    """Somebody has another nick now."""

    old: str
    new: str
    at: int
    is_mine: bool = False


@dataclass(frozen=True, slots=True)
class TopicChanged(ClientEvent):
    """A room has another topic; `by` is empty when it was only told on joining."""

    room: str
    topic: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class ModeChanged(ClientEvent):
    """Somebody changed the modes of a room, or of oneself."""

    target: str
    modes: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Invited(ClientEvent):
    """Somebody asks a person into a room."""

    room: str
    nick: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class AwayChanged(ClientEvent):
    """Somebody went away (with a reason) or came back (without one)."""

    nick: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class JoinRefused(ClientEvent):
    """The server does not let us into a room."""

    room: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Members(ClientEvent):
    """Who is in a room, each with their status mark."""

    room: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table(ClientEvent):
    """Rows that answer a question: who is there, which rooms exist."""

    title: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class HistoryPage(ClientEvent):
    """The past that was asked for, oldest first; `is_cut` when there is more than was fetched."""

    room: str
    messages: tuple[Message, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Found(ClientEvent):
    """What a search found, oldest first; `is_cut` when there may be more."""

    question: str
    messages: tuple[Message, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class StateChanged(ClientEvent):
    """The connection is in another phase; `detail` says more."""

    phase: Phase
    detail: str = ""
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Resumed(ClientEvent):
    """After a lost connection everything missed has been shown; None: the server cannot tell."""

    missed: int | None


@dataclass(frozen=True, slots=True)
class Queued(ClientEvent):
    """A line of one's own is on its way and not stored yet."""

    number: int
    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Stored(ClientEvent):
    """The server has stored a line of one's own."""

    number: int


@dataclass(frozen=True, slots=True)
class SendFailed(ClientEvent):
    """A line of one's own was not stored, or nobody can tell."""

    number: int
    target: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class NickRefused(ClientEvent):
    """The nick wished for cannot be had; registration waits for a decision of the user."""

    nick: str
    reason: str
    trouble: Trouble
    may_log_in: bool


@dataclass(frozen=True, slots=True)
class NickFree(ClientEvent):
    """The nick that was wished for by name is ours, and nobody has registered it."""

    nick: str
    may_register: bool


@dataclass(frozen=True, slots=True)
class LoggedIn(ClientEvent):
    """The account of this connection is now this one."""

    account: str


@dataclass(frozen=True, slots=True)
class LoggedOut(ClientEvent):
    """This connection has no account any more."""


@dataclass(frozen=True, slots=True)
class LoginFailed(ClientEvent):
    """The server did not accept the name and password."""

    account: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registered(ClientEvent):
    """An account was made for us."""

    account: str


@dataclass(frozen=True, slots=True)
class RegistrationFailed(ClientEvent):
    """No account was made."""

    reason: str


@dataclass(frozen=True, slots=True)
class Notice(ClientEvent):
    """A sentence from the server or the program; `is_error` when something did not work."""

    text: str
    is_error: bool = False
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Ignored(ClientEvent):
    """Something came that only a machine cares about; displays show nothing."""

    command: str
