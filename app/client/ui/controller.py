"""What stands between a person and the state: where one is, what was typed, what is asked.

Everything here runs in the driver's thread.
"""

from collections.abc import Callable

from app.client.display.event_text import DisplayContext
from app.client.driver import Driver
from app.client.protocol import intents
from app.client.protocol.effects import Effects
from app.client.protocol.events import (
    ClientEvent,
    Joined,
    Kicked,
    LoginFailed,
    NickFree,
    NickRefused,
    Notice,
    Parted,
    Renamed,
)
from app.client.protocol.model import ClientState
from app.client.ui.questions import Question, Questions
from app.errors import UsageError
from app.wire.names import fold

YES = ("y", "yes")


class Controller:
    """A person's conversation with the program."""

    def __init__(self, driver: Driver, view: DisplayContext, display: Callable[[ClientEvent], None]) -> None:
        self.driver = driver
        self.view = view
        self.questions = Questions()
        self.is_over = False
        self.on_question: Callable[[], None] = lambda: None
        self._expected = next(map(fold, driver.state.options.rooms), None)
        self._display = display
        driver.show = self.show

    @property
    def state(self) -> ClientState:
        """The state of the protocol."""
        return self.driver.state

    @property
    def room(self) -> str:
        """The room or person that what is typed goes to.

        Raises: UsageError when there is none.
        """
        if not self.view.room:
            raise UsageError("You are in no room. /enter goes to one, /list shows them.")
        return self.view.room

    def do(self, effects: Effects) -> None:
        """Carry out what the person wants."""
        self.driver.do(effects)

    def say(self, text: str) -> None:
        """Send what was typed, line by line, to where one is."""
        for line in text.splitlines():
            if line.strip():
                self.do(self._said(line))

    def _said(self, line: str) -> Effects:
        """Return what saying a line means; while we are still on the way into a room, keep it."""
        if not self.view.room and self._expected is not None:
            room = self.state.rooms.get(self._expected)
            return intents.keep(
                self.state, room.name if room else self._expected, line, "you are in no room yet"
            )
        return intents.say(self.state, self.room, line)

    def tell(self, text: str, is_error: bool = False) -> None:
        """Tell the person a sentence of the program itself."""
        self.show(Notice(text, is_error))

    def ask(self, prompt: str, then: Callable[[str], None], is_secret: bool = False) -> None:
        """Ask the person something; `then` is called with the answer."""
        self.questions.ask(Question(prompt, then, is_secret))
        self.on_question()

    def go(self, room: str, key: str = "") -> None:
        """Talk in a room; one we are not in is entered first."""
        known = self.state.find_room(room)
        if known is not None and known.is_joined:
            self.move(room)
            return
        self._expected = fold(room)
        self.do(intents.join(self.state, room, key))

    def move(self, room: str) -> None:
        """Be in another room or conversation; what is typed goes there."""
        if fold(room) == fold(self.view.room):
            return
        self.view.room = room
        known = self.state.find_room(room)
        self.tell(f"You talk to {known.name if known else room} now.")

    def end(self, reason: str = "Goodbye") -> None:
        """Say goodbye and end the program."""
        self.is_over = True
        self.do(intents.leave(self.state, reason))
        self.driver.end()

    def show(self, event: ClientEvent) -> None:
        """Show an event, then do what it asks for."""
        self.view.nick = self.state.nick
        if isinstance(event, Joined) and event.is_mine:
            self._arrive(event.room)
        self._display(event)
        self._react(event)

    def _arrive(self, room: str) -> None:
        """We came into a room: talk there when that was wished, or when we were nowhere."""
        if fold(room) == self._expected or not self.view.room:
            self.view.room = room
        if fold(room) == self._expected:
            self._expected = None

    def _react(self, event: ClientEvent) -> None:
        """Do what an event asks for: a password, a decision, another room."""
        match event:
            case NickRefused(nick=nick, may_log_in=True):
                self._ask_password(nick)
            case NickFree(nick=nick, may_register=True):
                self._offer_registration(nick)
            case NickRefused():
                self.do(intents.go_as_guest(self.state))
            case LoginFailed(account=account) if not self.state.is_online:
                self._ask_password(account)
            case Parted(room=room, is_mine=True) | Kicked(room=room, is_mine=True):
                self.move_out(room)
            case Renamed(old=old, new=new) if fold(old) == fold(self.view.room):
                self.view.room = new

    def _ask_password(self, account: str) -> None:
        """Ask for the password of a registered name; an empty answer leaves the name to its owner."""
        self.ask(
            f"Password for {account} (Enter: go on as a guest): ",
            lambda password: self._decide(account, password),
            is_secret=True,
        )

    def _decide(self, account: str, password: str) -> None:
        chosen = (
            intents.log_in(self.state, account, password) if password else intents.go_as_guest(self.state)
        )
        self.do(chosen)

    def _offer_registration(self, nick: str) -> None:
        """Ask whether a free name is to be registered; anything but a yes leaves the person a guest."""

        def decide(answer: str) -> None:
            if answer.strip().lower() in YES:
                self.enrol()
            else:
                self.tell("You go on as a guest. /reg registers the name later.")

        self.ask(
            f"Register {nick}, so that nobody else can use it? (yes, or Enter: go on as a guest): ", decide
        )

    def enrol(self) -> None:
        """Register the present nick: ask for what the server wants to see, and for a password."""
        self.warn_of_listeners()
        wanted = intents.wanted_for_an_account(self.state)
        if wanted:
            self.ask(f"{wanted} (Enter: leave it): ", self._enrol_with)
        else:
            self._enrol_with("*")

    def _enrol_with(self, shown: str) -> None:
        """Ask for a new password, twice, and register with that and what the server wants to see."""
        nick, code = self.state.nick, shown.strip()

        def repeat(first: str) -> None:
            if first:
                self.ask(
                    "The same again: ",
                    lambda second: self._register(nick, code, first, second),
                    is_secret=True,
                )

        if code:
            self.ask(f"New password for {nick} (Enter: leave it): ", repeat, is_secret=True)

    def _register(self, nick: str, shown: str, first: str, second: str) -> None:
        if first != second:
            raise UsageError("The two passwords differ. /reg asks again.")
        if self.state.nick != nick:
            raise UsageError(f"You are called {self.state.nick} now. /reg registers that.")
        self.do(intents.register(self.state, first, shown))

    def warn_of_listeners(self) -> None:
        """Warn that a password on an open network can be read by others."""
        if not self.driver.link.address.is_private:
            self.tell(
                "This connection is not encrypted (--tls): others on the way may read the password.", True
            )

    def move_out(self, room: str) -> None:
        """We left the room we were in: go on in another one we are in, or nowhere."""
        if fold(room) != fold(self.view.room):
            return
        rest = self.state.joined_rooms()
        self.view.room = ""
        if rest:
            self.move(rest[0].name)
