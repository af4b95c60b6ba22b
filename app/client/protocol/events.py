"""The events that the protocol reports to the display.

The display modules decide how events are rendered. Times are milliseconds since the Unix epoch.
"""

from dataclasses import dataclass
from enum import Enum


class Phase(Enum):
    """The phase of a connection; the values are shown to the user."""

    CONNECTING = "connecting"
    REGISTERING = "registering"
    ONLINE = "connected"
    LOST = "disconnected"
    RECONNECTING = "reconnecting"


class NickProblem(Enum):
    """Why the server refused a nick."""

    REGISTERED = "registered"
    TAKEN = "taken"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """Base class of all events."""


@dataclass(frozen=True, slots=True)
class Message(ClientEvent):
    """A message in a room or a direct conversation."""

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


@dataclass(frozen=True, slots=True)
class Members(ClientEvent):
    """The members of a room, each with its status prefix."""

    room: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table(ClientEvent):
    """The reply to WHO or LIST, as rows."""

    title: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class HistoryPage(ClientEvent):
    """The requested history, oldest first; `is_truncated` if there is more."""

    room: str
    messages: tuple[Message, ...]
    is_truncated: bool = False


@dataclass(frozen=True, slots=True)
class SearchResult(ClientEvent):
    """The matches of a search, oldest first; `is_truncated` if there may be more."""

    query: str
    messages: tuple[Message, ...]
    is_truncated: bool = False


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
class Queued(ClientEvent):
    """Our message was sent and awaits confirmation by the server."""

    number: int
    target: str
    text: str


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


@dataclass(frozen=True, slots=True)
class NickRefused(ClientEvent):
    """The nick chosen by the user is not available; registration waits for the user's decision."""

    nick: str
    reason: str
    problem: NickProblem
    may_log_in: bool


@dataclass(frozen=True, slots=True)
class NickUnregistered(ClientEvent):
    """The server accepted the nick chosen by the user, which is not registered."""

    nick: str
    may_register: bool


@dataclass(frozen=True, slots=True)
class LoggedIn(ClientEvent):
    """This connection is logged in to an account."""

    account: str


@dataclass(frozen=True, slots=True)
class LoggedOut(ClientEvent):
    """This connection is no longer logged in."""


@dataclass(frozen=True, slots=True)
class LoginFailed(ClientEvent):
    """The server rejected the account name and password."""

    account: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registered(ClientEvent):
    """Our account was registered."""

    account: str


@dataclass(frozen=True, slots=True)
class RegistrationFailed(ClientEvent):
    """The server refused to register an account."""

    reason: str


@dataclass(frozen=True, slots=True)
class Notice(ClientEvent):
    """A notice from the server or from the program itself."""

    text: str
    is_error: bool = False
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Ignored(ClientEvent):
    """A line was received that has no effect on the display."""

    command: str
