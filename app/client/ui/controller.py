"""Connects an interactive user interface to the protocol: current room, input and questions.

Everything here runs in the driver's thread.
"""

from collections.abc import Callable

from app.client.display.event_text import DisplayContext
from app.client.driver import Driver
from app.client.protocol import intents
from app.client.protocol.events import (
    ClientEvent,
    Joined,
    Kicked,
    LoginFailed,
    NickRefused,
    NickUnregistered,
    Notice,
    Parted,
    Renamed,
    UnreadMessages,
)
from app.client.protocol.model import ClientState
from app.client.ui.command_registry import SlashCommands
from app.client.ui.questions import Question, Questions
from app.errors import UsageError
from app.wire.names import fold

YES = ("y", "yes")


def _explain_queued(count: int) -> str:
    if count == 1:
        return "1 message is still queued and would be lost. To end the program anyway, repeat that."
    return f"{count} messages are still queued and would be lost. To end the program anyway, repeat that."


def _check_text(text: str) -> None:
    """Refuse text that the terminal sent in another encoding.

    Raises: UsageError; a message is never sent with replaced characters.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        shown = text.encode(errors="replace").decode()
        raise UsageError(
            f"Nothing was sent: {shown} contains bytes that are not UTF-8. Set your terminal to UTF-8."
        ) from error


class Controller:
    """The interactive session: tracks the current room and asks the user for decisions."""

    def __init__(
        self,
        driver: Driver,
        view: DisplayContext,
        display: Callable[[ClientEvent], None],
        commands: SlashCommands,
    ) -> None:
        self.driver = driver
        self.view = view
        self.commands = commands
        self.questions = Questions()
        self.has_ended = False
        self._has_warned = False  # that queued messages will be lost
        self.on_question: Callable[[], None] = lambda: None
        # Folded name of the room being joined that will become the current room.
        self._joining = next(map(fold, driver.state.options.rooms), None)
        self._display = display
        driver.show = self.show

    @property
    def state(self) -> ClientState:
        """The protocol's state, owned by the driver."""
        return self.driver.state

    @property
    def room(self) -> str:
        """The current room or conversation, to which messages are sent.

        Raises: UsageError when there is none.
        """
        if not self.view.room:
            raise UsageError("You are not in a room. Use /enter ROOM to join one, /list to list them.")
        return self.view.room

    def run(self, text: str) -> None:
        """Execute one line of input: a `/command` or a message; `//` sends a leading slash.

        Raises: UsageError when a command is unknown, malformed or currently not available, or if
        the line is not valid text.
        """
        _check_text(text)
        if text.startswith("/") and not text.startswith("//"):
            command, arguments = self.commands.parse(text, self.state)
            command.function(self, *arguments)
        else:
            self.say(text.removeprefix("/"))

    def say(self, text: str) -> None:
        """Send each line of a text to the current room."""
        for line in text.splitlines():
            if line.strip():
                self._send_line(line)

    def _send_line(self, line: str) -> None:
        """Send a line, or queue it while the first room is still being joined."""
        joining = self._joining if not self.view.room else None
        self.driver.execute(intents.send_message, joining or self.room, line)

    def notify(self, text: str, is_error: bool = False) -> None:
        """Show a notice from the program itself."""
        self.show(Notice(text, is_error))

    def ask(self, prompt: str, on_answer: Callable[[str], None], is_secret: bool = False) -> None:
        """Ask the user a question; `on_answer` is called with the answer."""
        self.questions.ask(Question(prompt, on_answer, is_secret))
        self.on_question()

    def enter_room(self, room: str, key: str = "") -> None:
        """Make a room the current one; if necessary, join it first."""
        view = self.state.find_room(room)
        if view is not None and view.is_joined:
            self.switch_to(room)
            return
        self._joining = fold(room)
        self.driver.execute(intents.join, room, key)

    def switch_to(self, room: str) -> None:
        """Make another room or conversation the current one."""
        if fold(room) == fold(self.view.room):
            return
        self.view.room = room
        view = self.state.find_room(room)
        self.notify(f"Now talking to {view.name if view else room}.")

    def leave_current(self, room: str) -> None:
        """If a room is the current one, switch to another joined room or, without one, to none."""
        if fold(room) != fold(self.view.room):
            return
        joined = self.state.joined_rooms()
        self.view.room = ""
        if joined:
            self.switch_to(joined[0].name)

    def end(self, reason: str = "Goodbye") -> None:
        """Disconnect and end the program; if messages are queued, only at the second request."""
        queued = intents.queued_messages(self.state)
        if queued and not self._has_warned:
            self._has_warned = True
            self.notify(_explain_queued(len(queued)), is_error=True)
            return
        for message in queued:
            self.notify(f"not sent: {message.text}", is_error=True)
        self.has_ended = True
        self.driver.execute(intents.mark_all_read)
        self.driver.execute(intents.quit_, reason)
        self.driver.end()

    def show(self, event: ClientEvent) -> None:
        """Show an event, then react to it."""
        self.view.nick = self.state.nick
        if isinstance(event, Joined) and event.is_mine:
            self._on_joined(event.room)
        self._display(event)
        self._react(event)

    def _on_joined(self, room: str) -> None:
        """Switch to a newly joined room if the user requested it or there is no current room."""
        if fold(room) == self._joining or not self.view.room:
            self.view.room = room
        if fold(room) == self._joining:
            self._joining = None

    def _react(self, event: ClientEvent) -> None:
        match event:
            case NickRefused(nick=nick, may_log_in=True):
                self._ask_password(nick)
            case NickUnregistered(nick=nick, may_register=True):
                self._offer_registration(nick)
            case NickRefused():
                self.driver.execute(intents.continue_as_guest)
            case LoginFailed(account=account) if not self.state.is_online:
                self._ask_password(account)
            case Parted(room=room, is_mine=True) | Kicked(room=room, is_mine=True):
                self.leave_current(room)
            case UnreadMessages(room=room):
                self.driver.execute(intents.mark_read, room)
            case Renamed(old=old, new=new) if fold(old) == fold(self.view.room):
                self.view.room = new

    def _ask_password(self, account: str) -> None:
        def log_in(password: str) -> None:
            if password:
                self.driver.execute(intents.log_in, account, password)
            else:
                self.driver.execute(intents.continue_as_guest)

        self.ask(f"Password for {account} (press Enter to continue as a guest): ", log_in, is_secret=True)

    def _offer_registration(self, nick: str) -> None:
        """Ask whether to register an unregistered nick; any answer except yes means no."""

        def decide(answer: str) -> None:
            if answer.strip().lower() in YES:
                self.register()
            else:
                self.notify("Continuing as a guest. Use /reg to register this name later.")

        self.ask(f"Register {nick} so that nobody else can use it? [y/N] ", decide)

    def register(self) -> None:
        """Register the current nick, asking for a password and any other requirement."""
        self.warn_if_unencrypted()
        prompt = intents.get_requirement_prompt(self.state)
        if prompt:
            self.ask(f"{prompt} (press Enter to cancel): ", self._ask_new_password)
        else:
            self._ask_new_password("*")

    def _ask_new_password(self, proof: str) -> None:
        """Ask for a new password twice, then register; an empty answer cancels."""
        nick, proof = self.state.nick, proof.strip()

        def repeat(first: str) -> None:
            if first:
                self.ask(
                    "Repeat the password: ",
                    lambda second: self._submit_registration(nick, proof, first, second),
                    is_secret=True,
                )

        if proof:
            self.ask(f"New password for {nick} (press Enter to cancel): ", repeat, is_secret=True)

    def _submit_registration(self, nick: str, proof: str, first: str, second: str) -> None:
        if first != second:
            raise UsageError("The passwords do not match. Use /reg to try again.")
        if self.state.nick != nick:
            raise UsageError(f"Your nick is now {self.state.nick}. Use /reg to register it.")
        self.driver.execute(intents.register, first, proof)

    def warn_if_unencrypted(self) -> None:
        """Warn before a password is sent over an unencrypted network connection."""
        if not self.driver.link.address.is_private:
            self.notify(
                "This connection is not encrypted: others on the network may be able to read the password. "
                "Use --tls to encrypt it.",
                is_error=True,
            )
