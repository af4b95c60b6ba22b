"""Checks the answers on the server, with one short connection for each check."""

import queue
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.client.driver import MAX_INBOX_ITEMS, Driver, Inbox
from app.client.net.connect import Address
from app.client.net.link import Link
from app.client.protocol import intents
from app.client.protocol.events import (
    ClientEvent,
    LoggedIn,
    LoginFailed,
    NickInvalid,
    NickProblem,
    NickRefused,
    NickUnregistered,
    Notice,
    Phase,
    PhaseChanged,
    Registered,
    RegistrationFailed,
    VerificationRequired,
)
from app.client.protocol.login.capabilities import REGISTRATION
from app.client.protocol.model import ClientState, LoginCredentials, UserOptions
from app.client.ui.account_dialogs import PASSWORD_REFUSALS
from app.clock import Clock
from app.errors import ChatError

TIMEOUT_SECONDS = 30.0  # without the outcome of a check
React = Callable[["ServerSession", ClientEvent], None]


class PasswordRefused(ChatError):
    """The server refused the password; another one may be accepted."""


@dataclass(frozen=True, slots=True)
class ServerFeatures:
    """What a server offers; `proof_prompt` asks for what registration requires, or is empty."""

    has_login: bool
    has_registration: bool
    proof_prompt: str = ""


class ServerSession:
    """A connection that is kept until a check is decided; `react` is called with each event."""

    def __init__(self, address: Address, options: UserOptions, react: React) -> None:
        clock = Clock()
        inbox: Inbox = queue.Queue(MAX_INBOX_ITEMS)
        link = Link(address, inbox.put, clock)
        self._address = address
        self._react = react
        self._error: ChatError | None = None
        self._has_ended = False
        self._driver = Driver(ClientState(options), link, inbox, clock)
        self._driver.show = self._on_event
        self._driver.on_tick = self._on_tick
        self._deadline = clock.monotonic() + TIMEOUT_SECONDS
        self.on_step: Callable[[], None] = lambda: None

    @property
    def state(self) -> ClientState:
        """The state of the protocol."""
        return self._driver.state

    def run(self) -> None:
        """Connect, and return when the check has succeeded.

        Raises: ChatError, with the reason for which it has failed.
        """
        self._driver.run()
        if self._error:
            raise self._error

    def succeed(self) -> None:
        """Disconnect; the check has succeeded."""
        self._end(None)

    def fail(self, error: ChatError) -> None:
        """Disconnect; the check has failed."""
        self._end(error)

    def register(self, password: str, proof: str) -> None:
        """Request the registration of an account for our nick."""
        self._driver.execute(intents.register, password, proof)

    def verify(self, code: str) -> None:
        """Send the code that completes a registration."""
        self._driver.execute(intents.verify, code)

    def _on_event(self, event: ClientEvent) -> None:
        if self._has_ended:
            return
        match event:
            case PhaseChanged(phase=Phase.LOST | Phase.RECONNECTING, detail=reason):
                self.fail(ChatError(reason or "The server closed the connection."))
            case _:
                self._react(self, event)

    def _on_tick(self) -> None:
        self.on_step()
        if self.state.is_online and not self.state.is_me(self.state.options.nick):
            self.fail(ChatError(f"The server changed the name to {self.state.nick}; choose another one."))
        if self._driver.clock.monotonic() > self._deadline:
            self.fail(ChatError(f"No answer from {self._address} within {TIMEOUT_SECONDS:.0f} s."))

    def _end(self, error: ChatError | None) -> None:
        """Disconnect; only the first outcome counts."""
        if self._has_ended:
            return
        self._has_ended, self._error = True, error
        self._driver.execute(intents.quit_, "Goodbye")
        self._driver.end()


def find_features(address: Address, nick: str) -> ServerFeatures:
    """Connect, and return what the server offers, without becoming visible to other users.

    Raises: ChatError when there is no chat server at the address; UnverifiedCertificate, Untrusted.
    """
    session = ServerSession(address, UserOptions(nick), lambda session, event: None)
    session.on_step = partial(_stop_when_known, session)
    session.run()
    state = session.state
    return ServerFeatures(
        "sasl" in state.connection.offered,
        REGISTRATION in state.connection.offered,
        intents.get_requirement_prompt(state),
    )


def _stop_when_known(session: ServerSession) -> None:
    connection = session.state.connection
    if connection.has_cap_list or connection.is_without_cap or session.state.is_online:
        session.succeed()


def check_login(address: Address, name: str, password: str) -> None:
    """Log in to an account.

    Raises: PasswordRefused; ChatError for any other failure.
    """

    def react(session: ServerSession, event: ClientEvent) -> None:
        sasl = session.state.connection.sasl
        match event:
            case LoggedIn() if sasl is None or sasl.has_verified_server:
                session.succeed()
            case LoginFailed(reason=reason):
                session.fail(PasswordRefused(f"Cannot log in as {name}: {reason.rstrip('.')}."))
            case NickUnregistered():
                session.fail(ChatError("This server does not support logging in."))

    options = UserOptions(name, has_chosen_nick=True, credentials=LoginCredentials(name, password))
    ServerSession(address, options, react).run()


def check_guest(address: Address, name: str) -> None:
    """Connect as a guest.

    Raises: ChatError when the name is not available.
    """

    def react(session: ServerSession, event: ClientEvent) -> None:
        if isinstance(event, NickUnregistered):
            session.succeed()
        else:
            _refuse_name(session, event)

    ServerSession(address, UserOptions(name, has_chosen_nick=True), react).run()


def register(address: Address, name: str, password: str, proof: str) -> bool:
    """Register an account; return whether it is complete, without a code from an e-mail.

    Raises: PasswordRefused; ChatError for any other failure.
    """
    is_complete = True

    def react(session: ServerSession, event: ClientEvent) -> None:
        nonlocal is_complete
        match event:
            case NickUnregistered():
                session.register(password, proof)
            case Registered():
                session.succeed()
            case VerificationRequired():
                is_complete = False
                session.succeed()
            case RegistrationFailed(reason=reason, code=code):
                refusal = PasswordRefused if code in PASSWORD_REFUSALS else ChatError
                session.fail(refusal(f"Cannot register {name}: {reason.rstrip('.')}."))
            case _:
                _refuse_name(session, event)

    ServerSession(address, UserOptions(name, has_chosen_nick=True), react).run()
    return is_complete


def complete_registration(address: Address, name: str, code: str) -> None:
    """Complete a registration with the code from the e-mail.

    Raises: ChatError when the code is wrong, or for any other failure.
    """
    has_sent = False

    def react(session: ServerSession, event: ClientEvent) -> None:
        nonlocal has_sent
        match event:
            case NickUnregistered():
                has_sent = True
                session.verify(code)
            case Registered():
                session.succeed()
            case Notice(text=text, is_error=True) if has_sent:
                session.fail(ChatError(f"Cannot complete the registration: {text.rstrip('.')}."))
            case _:
                _refuse_name(session, event)

    ServerSession(address, UserOptions(name, has_chosen_nick=True), react).run()


def _refuse_name(session: ServerSession, event: ClientEvent) -> None:
    """Fail if an event says that the name is not available."""
    match event:
        case NickRefused(nick=nick, problem=NickProblem.REGISTERED):
            session.fail(ChatError(f"{nick} is registered; log in to use it, or choose another name."))
        case NickRefused(nick=nick, reason=reason):
            session.fail(ChatError(f"{nick} is not available: {reason.rstrip('.')}."))
        case NickInvalid(nick=nick, reason=reason):
            session.fail(ChatError(f"The server does not accept the name {nick}: {reason.rstrip('.')}."))
