"""Asks for name and password, and registers or logs in before going on."""

from dataclasses import dataclass, field
from pathlib import Path

from app.cli.client_modes import login_name
from app.cli.client_setup import password_sources as sources
from app.cli.client_setup.dialogue import Dialogue, explain_invalid
from app.cli.client_setup.password_sources import PasswordSource
from app.cli.client_setup.server_check import (
    PasswordRefused,
    check_guest,
    check_login,
    complete_registration,
    register,
)
from app.cli.client_setup.server_questions import Server
from app.errors import ChatError, UsageError
from app.settings import ClientSettings

REGISTER, LOGIN, GUEST = "register", "login", "guest"


@dataclass(frozen=True, slots=True)
class Account:
    """A name that the server has accepted, and where its password comes from."""

    name: str
    source: PasswordSource = field(default_factory=PasswordSource)
    password: str = field(default="", repr=False)  # to be saved at its source

    @property
    def changes(self) -> dict[str, object]:
        """The changes to a settings file; None removes a key."""
        return {"username": self.name} | self.source.changes


class AccountQuestions:
    """Asks until the server accepts the answers; the defaults are the previous ones."""

    def __init__(self, dialogue: Dialogue, server: Server, current: ClientSettings, profile: Path) -> None:
        self._dialogue = dialogue
        self._server = server
        self._profile = profile
        self._current = current
        self._kinds = _possible_kinds(server)
        self._kind = LOGIN if current.username else REGISTER
        self._name = current.username or login_name()
        self._source_kind = sources.current_kind(current) if current.username else ""
        self._command = current.password_command or ""

    def ask(self) -> Account:
        """Return the account, or the name of a guest, that the server has accepted."""
        while True:
            try:
                return self._ask_once()
            except ChatError as error:
                self._dialogue.say(error.sentence)
            except OSError as error:
                self._dialogue.say(f"{error.filename}: {error.strerror}.")

    def _ask_once(self) -> Account:
        self._kind = self._ask_kind()
        self._name = self._dialogue.ask_setting("username", "Name", self._name)
        if self._kind == GUEST:
            check_guest(self._server.address, self._name)
            return Account(self._name)
        return self._ask_account()

    def _ask_kind(self) -> str:
        if len(self._kinds) == 1:
            return self._kinds[0]
        default = self._kind if self._kind in self._kinds else self._kinds[0]
        question = "Register a new account, log in to your own, or be a guest?"
        return self._dialogue.choose(question, self._kinds, default)

    def _ask_account(self) -> Account:
        """Return an account, logged in to or registered with the password of its source."""
        source = self._ask_source()
        if self._source_kind == sources.COMMAND:
            self._try(sources.run_command(self._name, self._command))
            return Account(self._name, source)
        stored = self._find_stored() if self._kind == LOGIN else None
        if stored and self._dialogue.confirm("Keep the stored password?", default=True):
            self._try(stored)
            return self._with_stored(source, stored)
        return Account(self._name, source, self._ask_password())

    def _ask_source(self) -> PasswordSource:
        """Ask where the client shall get the password from."""
        kinds = sources.available_kinds()
        default = self._source_kind if self._source_kind in kinds else kinds[0]
        self._dialogue.say(_describe_kinds(kinds, self._profile))
        self._source_kind = self._dialogue.choose("Where is the password kept?", kinds, default)
        address = self._server.address
        match self._source_kind:
            case sources.KEYRING:
                return sources.from_keyring(self._name, address.host, address.port)
            case sources.FILE:
                return sources.from_file(self._profile)
            case sources.COMMAND:
                self._command = self._ask_command()
                return sources.from_command(self._command)
        return PasswordSource()

    def _ask_command(self) -> str:
        return self._dialogue.ask(
            "Command, such as pass show chat",
            self._command,
            lambda answer: explain_invalid("password_command", answer),
        )

    def _find_stored(self) -> str | None:
        """Return the stored password if name and kind of source are still the same."""
        is_same = self._name == self._current.username
        if not is_same or self._source_kind != sources.current_kind(self._current):
            return None
        return sources.find_stored_password(self._current)

    def _with_stored(self, source: PasswordSource, password: str) -> Account:
        """Return the account with its stored password: in the same file, or in the keyring."""
        if self._source_kind == sources.FILE:
            return Account(self._name, PasswordSource({"password_file": str(self._current.password_file)}))
        return Account(self._name, source, password)

    def _ask_password(self) -> str:
        """Ask for the password until the server accepts it, and return it.

        Raises: UsageError if the answer is empty; ChatError if the server refuses the name.
        """
        while True:
            password = self._dialogue.ask_secret(f"Password for {self._name} (Enter to go back)")
            if not password:
                raise UsageError("Nothing was sent.")
            if not self._is_repeated(password):
                continue
            try:
                self._try(password)
            except PasswordRefused as error:
                self._dialogue.say(error.sentence)
            else:
                return password

    def _is_repeated(self, password: str) -> bool:
        """Return whether a new password was typed a second time."""
        if self._kind == LOGIN or self._dialogue.ask_secret("Repeat the password") == password:
            return True
        self._dialogue.say("The passwords do not match. Please try again.")
        return False

    def _try(self, password: str) -> None:
        """Log in or register."""
        address = self._server.address
        if self._kind == LOGIN:
            check_login(address, self._name, password)
            self._dialogue.say(f"Logged in as {self._name}.")
            return
        prompt = self._server.features.proof_prompt
        proof = self._dialogue.ask(prompt, check=_explain_spaces) if prompt else "*"
        if register(address, self._name, password, proof or "*") or self._complete():
            self._dialogue.say(f"Registered {self._name}.")

    def _complete(self) -> bool:
        """Ask for the code from the e-mail until it is right; return False to do so later."""
        label = "Code from the e-mail, or Enter if it has not arrived yet"
        while code := self._dialogue.ask(label, check=_explain_spaces):
            try:
                complete_registration(self._server.address, self._name, code)
            except ChatError as error:
                self._dialogue.say(error.sentence)
            else:
                return True
        self._dialogue.say("Enter /verify and the code in the client to complete the registration.")
        return False


def _explain_spaces(answer: str) -> str | None:
    return "It must not contain spaces." if " " in answer else None


def _possible_kinds(server: Server) -> list[str]:
    """Return what the server offers to new and returning users."""
    features = server.features
    may_register = features.has_login and features.has_registration
    return [*([REGISTER] if may_register else []), *([LOGIN] if features.has_login else []), GUEST]


def _describe_kinds(kinds: list[str], profile: Path) -> str:
    texts = {
        sources.KEYRING: "the keyring of the system",
        sources.FILE: f"{profile.with_suffix(sources.SUFFIX)}, readable only by you",
        sources.COMMAND: "the output of a command, such as a password manager",
        sources.ASK: "nowhere; the client asks at each start",
    }
    return "\n".join(f"  {kind:<8} {texts[kind]}" for kind in kinds)
