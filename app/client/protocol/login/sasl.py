"""Login with SASL (SCRAM-SHA-256 or PLAIN), and account registration.

SCRAM is preferred if the server offers it: it does not send the password, and the server must prove
that it stores a verifier for it.
"""

import base64
import binascii
from contextlib import suppress

from app.client.protocol.effects import Effects
from app.client.protocol.events import (
    LoggedIn,
    LoginFailed,
    Notice,
    Registered,
    RegistrationFailed,
    VerificationRequired,
)
from app.client.protocol.lines import param, send
from app.client.protocol.model import ClientState, LoginCredentials
from app.wire.line import Line
from app.wire.names import fold
from app.wire.sasl import encode_chunks

MIN_ITERATIONS = 4096  # RFC 7677 section 4: fewer would make the password cheap to guess
MAX_ITERATIONS = 2_000_000  # takes about a second; more would stall the client
UNPROVEN = "the server failed to authenticate itself"


class PlainMechanism:
    """SASL PLAIN (RFC 4616)."""

    mechanism = "PLAIN"
    has_verified_server = True  # as far as PLAIN can: only TLS identifies the server

    def __init__(self, credentials: LoginCredentials) -> None:
        self._credentials = credentials

    def answer(self, challenge: bytes) -> bytes:
        """Return the account name and password; PLAIN has no challenge."""
        del challenge
        return f"\0{self._credentials.account}\0{self._credentials.password}".encode()


class ScramMechanism:
    """SASL SCRAM-SHA-256 (RFC 5802, RFC 7677)."""

    mechanism = "SCRAM-SHA-256"

    def __init__(self, credentials: LoginCredentials) -> None:
        from scramp import ScramClient  # slow to import, and guests do without

        self._client = ScramClient([self.mechanism], credentials.account, credentials.password)
        self._step = 0
        self.has_verified_server = False  # it has proved that it stores a verifier of the password

    def answer(self, challenge: bytes) -> bytes:
        """Return the client's first and final message; in the third step, verify the server."""
        from scramp import ScramException

        self._step += 1
        try:
            return self._respond(challenge.decode()).encode()
        except (ScramException, UnicodeDecodeError) as error:
            raise ValueError(UNPROVEN) from error

    def _respond(self, challenge: str) -> str:
        if self._step == 1:
            return str(self._client.get_client_first())
        if self._step == 2:
            self._client.set_server_first(challenge)
            _check_iterations(int(self._client.iterations))
            return str(self._client.get_client_final())
        self._client.set_server_final(challenge)
        self.has_verified_server = True
        return ""


def _check_iterations(count: int) -> None:
    """Refuse an iteration count that would expose the password or stall the client.

    Raises: ValueError.
    """
    if not MIN_ITERATIONS <= count <= MAX_ITERATIONS:
        raise ValueError(f"the server asked for {count} iterations of SCRAM")


def is_possible(state: ClientState) -> bool:
    """Return whether a login with the stored credentials is still possible on this connection."""
    connection = state.connection
    if state.options.credentials is None or connection.is_without_cap:
        return False
    is_negotiating = not connection.has_cap_list or (
        "sasl" in connection.offered and connection.open_cap_requests > 0
    )
    return is_negotiating or connection.sasl is not None or is_due(state)


def is_due(state: ClientState) -> bool:
    """Return whether to log in now: there are unused credentials, and no exchange has begun."""
    connection = state.connection
    must_log_in = state.options.credentials is not None and not connection.account
    return must_log_in and state.has("sasl") and connection.sasl is None


def begin(state: ClientState) -> Effects:
    """Begin an exchange with the best mechanism that both sides support."""
    offered = state.connection.offered.get("sasl", "").upper().split(",")
    if state.options.credentials:
        exchange = _new_exchange(offered, state.options.credentials)
        state.connection.sasl = exchange
        yield send("AUTHENTICATE", exchange.mechanism)


def _new_exchange(offered: list[str], credentials: LoginCredentials) -> ScramMechanism | PlainMechanism:
    """Return an exchange by SCRAM if it is offered and SASLprep allows the credentials."""
    from scramp import ScramException

    if ScramMechanism.mechanism in offered:
        with suppress(ScramException):
            return ScramMechanism(credentials)
    return PlainMechanism(credentials)


def on_authenticate(state: ClientState, line: Line) -> Effects:
    """Respond to a challenge; abort if the server fails to authenticate itself."""
    session = state.connection.sasl
    if session is None:
        return
    try:
        challenge = b"" if param(line, 0) == "+" else base64.b64decode(param(line, 0))
        answer = session.answer(challenge)
    except (ValueError, binascii.Error) as error:
        yield send("AUTHENTICATE", "*")
        yield from _fail(state, str(error))
        return
    yield from (send("AUTHENTICATE", chunk) for chunk in encode_chunks(answer))


def on_logged_in(state: ClientState, line: Line) -> Effects:
    """Record our account and mask (RPL_LOGGEDIN)."""
    state.connection.mask = param(line, 1)
    if state.connection.account != param(line, 2):
        state.connection.account = param(line, 2)
        yield LoggedIn(param(line, 2))


def finish(state: ClientState) -> Effects:
    """Complete the exchange; if the server did not name the account, assume the requested one."""
    credentials, state.connection.sasl = state.options.credentials, None
    if not state.connection.account and credentials:
        state.connection.account = credentials.account
        yield LoggedIn(credentials.account)


def distrust(state: ClientState) -> Effects:
    """Treat a success that the server claims, before proving itself by SCRAM, as a failed login."""
    state.connection.account = ""
    yield from _fail(state, UNPROVEN)


def on_sasl_error(state: ClientState, line: Line) -> Effects:
    """Handle a failed login; RPL_SASLMECHS (908) is only informative and followed by 904."""
    if line.command != "908" and state.connection.sasl is not None:
        yield from _fail(state, param(line, -1))


def _fail(state: ClientState, reason: str) -> Effects:
    """Discard the rejected credentials, and let the user decide what to do."""
    credentials, state.options.credentials = state.options.credentials, None
    state.connection.sasl = None
    state.connection.awaits_user = not state.is_online
    yield LoginFailed(credentials.account if credentials else "", reason)


def on_already_logged_in(state: ClientState, line: Line) -> Effects:
    """Show that the server does not allow a second login on one connection."""
    state.connection.sasl = None
    yield Notice(param(line, -1), is_error=True)


def on_account(state: ClientState, line: Line) -> Effects:
    """Update the account of a user (IRCv3 account-notify)."""
    account = "" if param(line, 0) == "*" else param(line, 0)
    for room in state.rooms_of(line.nick):
        room.members[fold(line.nick)].account = account
    if state.is_me(line.nick):
        state.connection.account = account
    yield from ()


def on_registered(state: ClientState, line: Line) -> Effects:
    """Record our new account, to which we are now logged in, or show the next required step."""
    if param(line, 0) != "SUCCESS":
        yield VerificationRequired(param(line, -1))
        return
    account, connection = param(line, 1), state.connection
    if connection.new_password:  # empty if it was registered on an earlier connection
        state.options.credentials = LoginCredentials(account, connection.new_password)
    state.options.nick, state.options.has_chosen_nick = state.nick, True
    connection.account, connection.new_password = account, ""
    yield Registered(account)


def on_register_fail(state: ClientState, line: Line) -> Effects:
    """Discard the new password, and show why registration failed."""
    state.connection.new_password = ""
    yield RegistrationFailed(param(line, -1), param(line, 1))
