"""Proving who we are: SASL with SCRAM-SHA-256 or PLAIN, and making an account.

SCRAM is taken when the server offers it: the password then never crosses the wire, and the server has to
prove that it knows it too.
"""

import base64
import binascii

from scramp import ScramClient, ScramException

from app.client.protocol.dispatch import on, param, send
from app.client.protocol.effects import Effects
from app.client.protocol.events import LoggedIn, LoginFailed, Notice, Registered, RegistrationFailed
from app.client.protocol.model import ClientState, LoginCredentials
from app.wire.line import Line
from app.wire.names import fold
from app.wire.sasl import encode_chunks


class PlainMechanism:
    """The password as it is (RFC 4616)."""

    mechanism = "PLAIN"

    def __init__(self, credentials: LoginCredentials) -> None:
        self._credentials = credentials

    def answer(self, challenge: bytes) -> bytes:
        """Return name and password, whatever was asked."""
        del challenge
        return f"\0{self._credentials.account}\0{self._credentials.password}".encode()


class ScramMechanism:
    """Proof without showing the password (RFC 7677)."""

    mechanism = "SCRAM-SHA-256"

    def __init__(self, credentials: LoginCredentials) -> None:
        self._client = ScramClient([self.mechanism], credentials.account, credentials.password)
        self._step = 0

    def answer(self, challenge: bytes) -> bytes:
        """Take the three steps: who, the proof, the check of the server's own proof."""
        self._step += 1
        try:
            return self._steps(challenge.decode()).encode()
        except (ScramException, UnicodeDecodeError) as error:
            raise ValueError("the server could not prove that it knows the password") from error

    def _steps(self, challenge: str) -> str:
        if self._step == 1:
            return str(self._client.get_client_first())
        if self._step == 2:
            self._client.set_server_first(challenge)
            return str(self._client.get_client_final())
        self._client.set_server_final(challenge)
        return ""


MECHANISMS: dict[str, type[ScramMechanism] | type[PlainMechanism]] = {
    "SCRAM-SHA-256": ScramMechanism,
    "PLAIN": PlainMechanism,
}


def is_possible(state: ClientState) -> bool:
    """Whether log-in is wished and may still happen on this connection."""
    connection = state.connection
    if state.options.credentials is None or connection.is_plain:
        return False
    is_open = not connection.has_listed or ("sasl" in connection.offered and connection.outstanding > 0)
    return is_open or connection.exchange is not None or is_due(state)


def is_due(state: ClientState) -> bool:
    """Whether log-in is wished, possible and not begun."""
    connection = state.connection
    is_wished = state.options.credentials is not None and not connection.account
    return is_wished and state.has("sasl") and connection.exchange is None


def begin(state: ClientState) -> Effects:
    """Choose the best mechanism that both sides know, and name it."""
    offered = state.connection.offered.get("sasl", "").upper().split(",")
    credentials = state.options.credentials
    name = next((known for known in MECHANISMS if known in offered), "PLAIN")
    if credentials:
        state.connection.exchange = MECHANISMS[name](credentials)
        yield send("AUTHENTICATE", name)


@on("AUTHENTICATE")
def challenged(state: ClientState, line: Line) -> Effects:
    """Answer a step of the exchange; a server that fails its part gets nothing."""
    exchange = state.connection.exchange
    if exchange is None:
        return
    try:
        challenge = b"" if param(line, 0) == "+" else base64.b64decode(param(line, 0))
        answer = exchange.answer(challenge)
    except (ValueError, binascii.Error) as error:
        yield send("AUTHENTICATE", "*")
        yield from _fail(state, str(error))
        return
    yield from (send("AUTHENTICATE", piece) for piece in encode_chunks(answer))


@on("900")
def account_set(state: ClientState, line: Line) -> Effects:
    """The server says which account and which mask are ours now."""
    state.connection.mask = param(line, 1)
    if state.connection.account != param(line, 2):
        state.connection.account = param(line, 2)
        yield LoggedIn(param(line, 2))


def finish(state: ClientState) -> Effects:
    """The exchange has succeeded; a server that did not name the account means the one that was asked for."""
    credentials, state.connection.exchange = state.options.credentials, None
    if not state.connection.account and credentials:
        state.connection.account = credentials.account
        yield LoggedIn(credentials.account)


@on("902", "904", "905", "906", "908")
def refused(state: ClientState, line: Line) -> Effects:
    """Log-in failed; 908 only lists mechanisms and is followed by a 904."""
    if line.command != "908" and state.connection.exchange is not None:
        yield from _fail(state, param(line, -1))


def _fail(state: ClientState, reason: str) -> Effects:
    """Forget the password that did not fit, and leave the next step to the user."""
    credentials, state.options.credentials = state.options.credentials, None
    state.connection.exchange = None
    state.connection.is_undecided = not state.is_online
    yield LoginFailed(credentials.account if credentials else "", reason)


@on("907")
def already(state: ClientState, line: Line) -> Effects:
    """The server does not allow a second log-in on one connection."""
    state.connection.exchange = None
    yield Notice(param(line, -1), is_error=True)


@on("ACCOUNT")
def account_changed(state: ClientState, line: Line) -> Effects:
    """Somebody logged in or out (account-notify)."""
    account = "" if param(line, 0) == "*" else param(line, 0)
    for room in state.rooms_of(line.nick):
        room.members[fold(line.nick)].account = account
    if state.is_me(line.nick):
        state.connection.account = account
    yield from ()


@on("REGISTER", "VERIFY")
def registered(state: ClientState, line: Line) -> Effects:
    """The server made an account for us (and logged us in), or wants it confirmed first."""
    if param(line, 0) != "SUCCESS":
        yield Notice(param(line, -1))
        return
    account, connection = param(line, 1), state.connection
    if connection.new_password:  # else it was asked for on another connection
        state.options.credentials = LoginCredentials(account, connection.new_password)
    state.options.nick, state.options.is_named = state.nick, True
    connection.account, connection.new_password = account, ""
    yield Registered(account)


def registration_failed(state: ClientState, line: Line) -> Effects:
    """The server made no account; the password that was meant for it is forgotten."""
    state.connection.new_password = ""
    yield RegistrationFailed(param(line, -1))
