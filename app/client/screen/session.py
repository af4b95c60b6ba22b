"""The driver of the screen: runs the protocol in a thread of its own and passes its events on."""

import threading
from collections.abc import Callable
from functools import partial

from app.client.display.event_text import DisplayContext
from app.client.driver import Driver
from app.client.protocol import intents
from app.client.protocol.channel_view import ChannelMember
from app.client.protocol.events import ClientEvent, Direction
from app.client.protocol.history.pages import CAPABILITY as CHATHISTORY
from app.client.protocol.model import ClientState
from app.client.screen.bridge import Bridge
from app.client.storage.client_storage import ClientStorage
from app.client.ui.command_registry import SlashCommands
from app.client.ui.controller import Controller
from app.client.ui.questions import Question


class ScreenSession:
    """The screen's access to the driver. Everything here may be called in the screen's thread."""

    def __init__(
        self, driver: Driver, commands: SlashCommands, storage: ClientStorage, bridge: Bridge
    ) -> None:
        self.driver = driver
        driver.state.options.wants_events = True
        self.commands = commands
        self.error: Exception | None = None
        self._bridge = bridge
        self._thread = threading.Thread(target=self._run, name="driver", daemon=True)
        self.on_event: Callable[[ClientEvent], None] = lambda event: None
        self.on_room: Callable[[str], None] = lambda room: None
        self.on_question: Callable[[], None] = lambda: None
        self.on_end: Callable[[], None] = lambda: None
        self.controller = Controller(driver, DisplayContext(), self._post_event, commands, storage)
        self.controller.on_room = lambda room: bridge.post(lambda: self.on_room(room))
        self.controller.on_question = lambda: bridge.post(lambda: self.on_question())

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self.driver.run()
        except Exception as error:  # noqa: BLE001 - raised once the screen has been closed
            self.error = error
        finally:
            self._bridge.post(lambda: self.on_end())

    def _post_event(self, event: ClientEvent) -> None:
        self._bridge.post(lambda: self.on_event(event))

    def submit(self, text: str) -> None:
        """Send a message, or execute a command."""
        self.driver.post(partial(self.controller.run, text))

    def answer(self, question: Question, text: str) -> None:
        """Answer a question."""
        self._after(lambda: self.controller.questions.answer(question, text))

    def cancel(self, question: Question) -> None:
        """Cancel a question."""
        self._after(lambda: self.controller.questions.cancel(question))

    def _after(self, call: Callable[[], None]) -> None:
        """Make a call in the driver's thread, then show the next question, if there is one."""

        def run() -> None:
            try:
                call()
            finally:
                self.controller.on_question()

        self.driver.post(run)

    def set_room(self, room: str) -> None:
        """Make a room the one that messages are sent to."""
        self.driver.post(lambda: setattr(self.controller.view, "room", room))

    def mark_read(self, room: str) -> None:
        """Mark what was shown in a room as read, on all devices of the account."""
        self.driver.post(lambda: self.driver.execute(intents.mark_read, room))

    def mark_all_read(self) -> None:
        """Mark everything as read."""
        self.driver.post(lambda: self.driver.execute(intents.mark_all_read))

    def fetch(self, room: str, direction: Direction, reference: str, limit: int) -> None:
        """Request a page of history."""
        match direction:
            case Direction.LATEST:
                call = partial(self.driver.execute, intents.fetch_latest, room, limit)
            case Direction.BEFORE:
                call = partial(self.driver.execute, intents.fetch_before, room, reference, limit)
            case Direction.AFTER:
                call = partial(self.driver.execute, intents.fetch_after, room, reference, limit)
            case Direction.AROUND:
                msgid = reference.removeprefix("msgid=")
                call = partial(self.driver.execute, intents.fetch_around, room, msgid, limit)
        self.driver.post(call)

    def may_fetch(self, room: str) -> bool:
        """Whether history can be requested now: its latest messages are not being received."""

        def query(state: ClientState) -> bool:
            view = state.find_room(room)
            is_ready = view is not None and view.catch_up is None and (view.is_joined or view.is_direct)
            return state.is_online and state.has(CHATHISTORY) and is_ready

        return self.driver.read(query)

    def end(self) -> None:
        """Disconnect and end; if messages are queued, only at the second request."""
        self.driver.post(self.controller.end)

    @property
    def question(self) -> Question | None:
        """The question to answer next."""
        return self.controller.questions.current

    def read_members(self, room: str) -> list[ChannelMember]:
        """Return the members of a room."""

        def query(state: ClientState) -> list[ChannelMember]:
            view = state.find_room(room)
            return list(view.members.values()) if view else []

        return self.driver.read(query)

    def read_topic(self, room: str) -> str:
        """Return the topic of a room."""

        def query(state: ClientState) -> str:
            view = state.find_room(room)
            return view.topic if view else ""

        return self.driver.read(query)
