"""Connects an interactive user interface to the protocol: current room, input and questions.

Everything here runs in the driver's thread.
"""

from collections.abc import Callable

from app.client.display.display_context import DisplayContext
from app.client.driver import Call, Driver
from app.client.notifications.notifier import Notifier
from app.client.notifications.rules import NotificationRules
from app.client.protocol import intents
from app.client.protocol.events import (
    ClientEvent,
    Joined,
    Kicked,
    Message,
    Notice,
    Parted,
    Renamed,
    UnreadMessages,
)
from app.client.protocol.model import ClientState
from app.client.protocol.sending import multiline
from app.client.storage.client_storage import ClientStorage
from app.client.ui.account_dialogs import AccountDialogs
from app.client.ui.command_registry import SlashCommands
from app.client.ui.ignoring import IgnoreList
from app.client.ui.muting import MuteList
from app.client.ui.paste_dialog import PasteDialog, PastedText
from app.client.ui.persistence import Persistence
from app.client.ui.questions import Question, Questions
from app.client.ui.read_policy import MARK_WHEN_SHOWN, ReadPolicy
from app.client.ui.secrets import is_command, is_unslashed_command
from app.errors import UsageError
from app.wire.names import fold
from app.wire.secrets import mask_message


def _explain_queued(count: int) -> str:
    if count == 1:
        return "1 message is still queued and would be lost. Quit again to end the program anyway."
    return f"{count} messages are still queued and would be lost. Quit again to end the program anyway."


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


def _join_lines(text: str) -> str:
    """Return a text without empty lines around it, and with one kind of line break."""
    return "\n".join(text.strip("\r\n").splitlines())


class Controller:
    """The interactive session: tracks the current room and asks the user for decisions."""

    def __init__(
        self,
        driver: Driver,
        view: DisplayContext,
        display: Callable[[ClientEvent], None],
        commands: SlashCommands,
        storage: ClientStorage,
        notifier: Notifier | None = None,
        read_policy: ReadPolicy = MARK_WHEN_SHOWN,
    ) -> None:
        self.driver = driver
        self.view = view
        self.commands = commands
        self.questions = Questions()
        self.has_ended = False
        self._has_warned = False  # that queued messages will be lost
        self.on_question: Callable[[], None] = lambda: None
        self.on_room: Callable[[str], None] = lambda room: None  # called when another room is current
        self.on_switch: Callable[[str], None] = lambda room: None  # called when no join shows that
        self.on_close: Callable[[str], None] = lambda room: None  # called when a conversation is closed
        self.themes: tuple[str, ...] = ()  # of the full screen
        self.on_theme: Callable[[str], None] = lambda name: None  # called with one, or "" to choose
        # Whether the user is looking at a room or conversation right now.
        self.is_watching: Callable[[str], bool] = lambda room: False
        # Folded name of the room being joined that will become the current room.
        self._joining = next(map(fold, driver.state.options.rooms), None)
        self._display = display
        self._read_policy = read_policy
        self.accounts = AccountDialogs(driver, self.ask, self.notify)
        self.ignored = IgnoreList(storage.ignored)
        self.muted = MuteList(storage.muted)
        self._notifier = notifier or Notifier(NotificationRules(), (), driver.clock)
        self._pasting = PasteDialog(driver, self.ask)
        self._persistence = Persistence(driver.state, storage, self.notify)
        driver.show = self.show
        driver.on_tick = self._notifier.show_due

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
            raise UsageError("You are not in a room. Use /join ROOM to join one, /list to list them.")
        return self.view.room

    def run(self, text: str, say: Callable[[str], None] | None = None) -> None:
        """Execute one line of input: a `/command` or a message; `//` sends a leading slash.

        A message is passed to `say`, by default the controller's own.

        Raises: UsageError when a command is unknown, malformed or currently not available, or if
        the line is not valid text.
        """
        _check_text(text)
        if is_command(text):
            if "\n" in text.strip():
                raise UsageError(
                    "A command has one line, so nothing was done. To send the text, begin it with //."
                )
            command, arguments = self.commands.parse(text, self.state)
            command.function(self, *arguments)
        elif is_unslashed_command(text, self.commands):
            raise UsageError(
                "This looks like a command with a password, so it was not sent. Put a slash in front of it."
            )
        else:
            (say or self.say)(text.removeprefix("/"))

    def say(self, text: str, reply_to: str = "", on_declined: Call | None = None) -> None:
        """Send a text to the current room; if it has several lines, ask how.

        `reply_to` is the id of the message that it answers; `on_declined` is called if the user
        decides not to send it. Before the first connection is complete, nothing is sent or kept: a
        user who is used to being asked for a password may be typing it already.
        """
        if not self.state.has_been_online:
            raise UsageError("You are not connected yet, so nothing was sent.")
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1:
            pasted = PastedText(self._target(), _join_lines(text), lines, reply_to)
            self._pasting.ask(pasted, on_declined or self._explain_declined)
        elif lines:
            self.driver.execute(intents.send_message, self._target(), lines[0], reply_to=reply_to)

    def say_as_one(self, text: str, reply_to: str = "", on_declined: Call | None = None) -> None:
        """Send a text written in several lines as one message, or ask if that is impossible."""
        whole = _join_lines(text)
        excess = multiline.explain_excess(self.state, self._target(), whole)
        if "\n" in whole and self.state.is_online and not excess:
            self.driver.execute(intents.send_lines_as_one, self._target(), whole, reply_to=reply_to)
        else:
            self.say(text, reply_to, on_declined)

    def _explain_declined(self) -> None:
        self.notify("Nothing was sent. The up arrow brings the text back.")

    def _target(self) -> str:
        """Return the current room or, while there is none, the first room that is being joined."""
        joining = self._joining if not self.view.room else None
        return joining or self.room

    def notify(self, text: str, is_error: bool = False) -> None:
        """Show a notice from the program itself."""
        self.show(Notice(text, is_error))

    def ask(self, question: Question) -> None:
        """Ask the user a question."""
        self.questions.ask(question)
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
        self._set_room(room)
        view = self.state.find_room(room)
        self.on_switch(view.name if view else room)

    def _set_room(self, room: str) -> None:
        self.view.room = room
        self.on_room(room)

    def leave_current(self, room: str) -> None:
        """If a room is the current one, switch to another joined room or, without one, to none."""
        if fold(room) != fold(self.view.room):
            return
        joined = self.state.joined_rooms()
        self._set_room("")
        if joined:
            self.switch_to(joined[0].name)

    def close(self, room: str) -> None:
        """Close a conversation, or a room that was left.

        Raises: UsageError when the user is in the room.
        """
        view = self.state.find_room(room)
        if view is not None and view.is_joined:
            raise UsageError(f"{room} is a room. Use /part to leave it.")
        self.on_close(room)
        self.leave_current(room)

    def end(self, reason: str = "Goodbye") -> None:
        """Disconnect and end the program; if messages are queued, only at the second request."""
        queued = intents.queued_messages(self.state)
        if queued and not self._has_warned:
            self._has_warned = True
            self.notify(_explain_queued(len(queued)), is_error=True)
        else:
            self.end_now(reason)

    def end_now(self, reason: str = "Goodbye") -> None:
        """Disconnect and end the program; queued messages are lost."""
        for message in intents.queued_messages(self.state):
            self.notify(f"not sent: {mask_message(message.target, message.text)}", is_error=True)
        self.has_ended = True
        self.driver.execute(self._read_policy.on_end)
        self.driver.execute(intents.quit_, reason)
        self.driver.end()

    def show(self, event: ClientEvent) -> None:
        """Show an event, then react to it."""
        self.view.nick = self.state.nick
        if isinstance(event, Joined) and event.is_mine:
            self._on_joined(event.room)
        if (shown := self.ignored.filter(event)) is not None:
            self._display(shown)
            self._alert(shown)
        self._react(event)

    def _alert(self, event: ClientEvent) -> None:
        is_watched = isinstance(event, Message) and self.is_watching(event.room)
        self._notifier.react(event, self.state, self.muted.keys, is_watched)

    def _on_joined(self, room: str) -> None:
        """Switch to a newly joined room if the user requested it or there is no current room."""
        if fold(room) == self._joining or not self.view.room:
            self._set_room(room)
        if fold(room) == self._joining:
            self._joining = None

    def _react(self, event: ClientEvent) -> None:
        self.accounts.react(event)
        self._persistence.react(event)
        match event:
            case Parted(room=room, is_mine=True) | Kicked(room=room, is_mine=True):
                self.leave_current(room)
            case UnreadMessages(room=room):
                self.driver.execute(self._read_policy.on_unread_shown, room)
            case Renamed(old=old, new=new) if fold(old) == fold(self.view.room):
                self._set_room(new)
