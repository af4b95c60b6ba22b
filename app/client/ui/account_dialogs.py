"""The dialogues for logging in and registering.

A dialogue ends only when the user answers or cancels it: after a refusal, it asks again. Otherwise
the next attempt at a password, typed without looking, would become a message.
"""

from collections.abc import Callable

from app.client.driver import Driver
from app.client.protocol import intents
from app.client.protocol.events import (
    ClientEvent,
    LoginFailed,
    NickRefused,
    NickUnregistered,
    Registered,
    RegistrationFailed,
)
from app.client.protocol.model import ClientState
from app.client.ui.questions import YES, Question

OWN_SERVER = "durable-chat"  # the beginning of its version
PASSWORD_REFUSALS = ("WEAK_PASSWORD", "UNACCEPTABLE_PASSWORD")
PROOF_REFUSALS = ("INVITATION_REQUIRED", "INVALID_INVITATION", "INVALID_EMAIL", "UNACCEPTABLE_EMAIL")
UNENCRYPTED = (
    "This connection is not encrypted: others on the network may be able to read the password. "
    "Use --tls to encrypt it."
)


class AccountDialogs:
    """Prompts for passwords, invitation codes and e-mail addresses."""

    def __init__(
        self, driver: Driver, ask: Callable[[Question], None], notify: Callable[[str, bool], None]
    ) -> None:
        self._driver = driver
        self._ask = ask
        self._notify = notify
        self._proof = "*"  # invitation code or e-mail address of the latest registration

    @property
    def _state(self) -> ClientState:
        return self._driver.state

    def react(self, event: ClientEvent) -> None:
        """Ask the question that an event requires, if any."""
        match event:
            case NickRefused(nick=nick, may_log_in=True):
                self._ask_password_or_guest(nick)
            case NickRefused():
                self._continue_as_guest()
            case NickUnregistered(nick=nick, may_register=True):
                self._offer_registration(nick)
            case LoginFailed(account=account) if self._state.is_online:
                self.log_in(account)
            case LoginFailed(account=account):
                self._ask_password_or_guest(account)
            case Registered() if self._state.connection.version.startswith(OWN_SERVER):
                self._offer_always_on()
            case RegistrationFailed(code=code) if code in PASSWORD_REFUSALS:
                self._ask_new_password(self._proof)
            case RegistrationFailed(code=code) if code in PROOF_REFUSALS:
                self.register()

    def log_in(self, account: str) -> None:
        """Ask for the password of an account, and log in to it."""
        self.warn_if_unencrypted()
        prompt = f"Password for {account} (press Enter to cancel): "
        self._ask(Question(prompt, lambda password: self._log_in(account, password), is_secret=True))

    def _log_in(self, account: str, password: str) -> None:
        if not password:
            return
        if not self._state.is_online and not self._state.connection.awaits_user:
            self._notify(f"Not connected. Logging in as {account} as soon as the connection is back.", False)
        self._driver.execute(intents.log_in, account, password)

    def _ask_password_or_guest(self, account: str) -> None:
        def answer(password: str) -> None:
            if password:
                self._log_in(account, password)
            else:
                self._continue_as_guest()

        prompt = f"Password for {account} (press Enter to continue as a guest): "
        self._ask(Question(prompt, answer, is_secret=True, on_cancel=self._continue_as_guest))

    def _continue_as_guest(self) -> None:
        if self._state.connection.awaits_user:  # not if the connection has been lost since
            self._driver.execute(intents.continue_as_guest)

    def _offer_registration(self, nick: str) -> None:
        """Ask whether to register an unregistered nick; any answer except yes means no."""

        def decline() -> None:
            self._notify("Continuing as a guest. Use /reg to register this name later.", False)

        def decide(answer: str) -> None:
            if answer.strip().lower() in YES:
                self.register()
            else:
                decline()

        self._ask(
            Question(
                f"Register {nick} so that nobody else can use it? [y/N] ",
                decide,
                on_cancel=decline,
            )
        )

    def register(self) -> None:
        """Register the current nick, asking for a password and any other requirement."""
        self.warn_if_unencrypted()
        prompt = intents.get_requirement_prompt(self._state)
        if prompt:
            prompt = f"{prompt} (press Enter to cancel): "
            self._ask(Question(prompt, self._ask_new_password))
        else:
            self._ask_new_password("*")

    def _ask_new_password(self, proof: str) -> None:
        """Ask for a new password twice, then register; an empty answer cancels."""
        nick, self._proof = self._state.nick, proof.strip()

        def repeat(first: str) -> None:
            def check(second: str) -> None:
                self._check_repetition(nick, first, second)

            if first:
                self._ask(Question("Repeat the password (press Enter to cancel): ", check, is_secret=True))

        if self._proof:
            prompt = f"New password for {nick} (press Enter to cancel): "
            self._ask(Question(prompt, repeat, is_secret=True))

    def _check_repetition(self, nick: str, first: str, second: str) -> None:
        """Register if both passwords are the same, or ask again; an empty repetition cancels."""
        if not second:
            return
        if first != second:
            self._notify("The passwords do not match. Please try again.", True)
            self._ask_new_password(self._proof)
        elif not self._state.is_online:
            self._notify("The connection has been lost. Use /reg to try again when it is back.", True)
        elif self._state.nick != nick:
            self._notify(f"Your nick is now {self._state.nick}. Use /reg to register it.", True)
        else:
            self._driver.execute(intents.register, first, self._proof)

    def _offer_always_on(self) -> None:
        """Ask whether to stay in the rooms while no client is connected."""

        def decide(answer: str) -> None:
            if answer.strip().lower() in YES:
                self._driver.execute(intents.enable_always_on)
            else:
                self._notify("To turn it on later: /msg NickServ SET ALWAYS-ON on", False)

        self._ask(Question("Stay in your rooms while you are not connected? [y/N] ", decide))

    def warn_if_unencrypted(self) -> None:
        """Warn before a password is sent over an unencrypted network connection."""
        if not self._driver.link.address.is_private:
            self._notify(UNENCRYPTED, True)
