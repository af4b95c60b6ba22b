"""Events about our nick, login and account registration."""

from dataclasses import dataclass
from enum import Enum

from app.client.protocol.events.base import ClientEvent
from app.client.protocol.events.replies import Notice


class NickProblem(Enum):
    """Why the server refused a nick."""

    REGISTERED = "registered"
    TAKEN = "taken"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class NickRefused(ClientEvent):
    """The nick chosen by the user is not available; registration waits for the user's decision."""

    nick: str
    reason: str
    problem: NickProblem
    may_log_in: bool


@dataclass(frozen=True, slots=True)
class NickInvalid(Notice):
    """The server does not accept the nick chosen by the user; a similar one is requested."""

    nick: str = ""
    reason: str = ""


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
class VerificationRequired(Notice):
    """The server mailed a code that completes the registration."""


@dataclass(frozen=True, slots=True)
class RegistrationFailed(ClientEvent):
    """The server refused to register an account; `code` is that of the FAIL reply."""

    reason: str
    code: str = ""
