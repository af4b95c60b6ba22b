"""The screen's access to the driver: runs it in its own thread, and passes its events on."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Concatenate, ParamSpec

from app.client.display.display_context import DisplayContext
from app.client.driver import Driver
from app.client.notifications.notifier import Notifier
from app.client.protocol import intents
from app.client.protocol.effects import Effects
from app.client.protocol.events import ClientEvent, Direction, TypingState
from app.client.protocol.model import ClientState
from app.client.screen.input.input_session import InputSession
from app.client.screen.session.call_queue import CallQueue
from app.client.screen.session.room_directory import RoomDirectory
from app.client.screen.session.search_session import SearchSession
from app.client.screen.session.state_reader import StateReader
from app.client.screen.state.last_room import LastRoom
from app.client.storage.client_storage import ClientStorage
from app.client.ui.command_registry import SlashCommands
from app.client.ui.controller import Controller
from app.client.ui.read_policy import MARK_BY_VIEW
from app.text.sanitise import clean

P = ParamSpec("P")
LAG_INTERVAL_MILLISECONDS = 30_000  # between two measurements


class ScreenSession:
    """Commands to the driver, and events from it. May be called in the screen's thread."""

    def __init__(
        self,
        driver: Driver,
        commands: SlashCommands,
        storage: ClientStorage,
        calls: CallQueue,
        notifier: Notifier | None = None,
    ) -> None:
        self.driver = driver
        driver.state.options.wants_events = True
        self.commands = commands
        self.storage = storage
        self.error: Exception | None = None
        self._calls = calls
        driver.await_display = calls.wait_for_space
        driver.explain_defect = lambda error: storage.errors.explain(error, driver.clock.now())
        self._thread = self._create_thread()
        self.on_event: Callable[[ClientEvent], None] = lambda event: None
        self.on_room: Callable[[str], None] = lambda room: None
        self.on_close: Callable[[str], None] = lambda room: None
        self.on_end: Callable[[], None] = lambda: None
        self._last_room = LastRoom(storage.last_room, driver.state.options.rooms)
        driver.state.options.rooms = self._last_room.order(driver.state.options.rooms)
        driver.state.options.lag_interval_milliseconds = LAG_INTERVAL_MILLISECONDS
        self.controller = Controller(
            driver, DisplayContext(), self._post_event, commands, storage, notifier, MARK_BY_VIEW
        )
        self.controller.on_room = lambda room: calls.post(lambda: self.on_room(room))
        self.controller.on_close = lambda room: calls.post(lambda: self.on_close(room))
        self.reader = StateReader(driver, self.controller.muted)
        self.input = InputSession(driver, self.controller, calls)
        self.input.is_stopped = lambda: self.error is not None
        self.searching = SearchSession(driver, calls)
        self.directory = RoomDirectory(lambda: self.execute(intents.find_rooms))

    def connect_to(
        self,
        on_event: Callable[[ClientEvent], None],
        on_room: Callable[[str], None],
        on_close: Callable[[str], None],
        on_end: Callable[[], None],
    ) -> None:
        """Set the callbacks, which are called in the screen's thread."""
        self.on_event, self.on_room, self.on_close = on_event, on_room, on_close
        self.on_end = on_end

    def _create_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name="driver", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def restart(self) -> None:
        """Connect again after the driver has ended with an error."""
        self._thread.join()
        self.error = None
        self._thread = self._create_thread()
        self._thread.start()

    def _run(self) -> None:
        try:
            self.driver.run()
        except Exception as error:  # noqa: BLE001 - shown, and raised once the screen has been closed
            self.error = error
        finally:
            self._last_room.save(self.controller.view.room)
            self._calls.post(lambda: self.on_end())

    def _post_event(self, event: ClientEvent) -> None:
        self._calls.post(lambda: self._show(event))

    def _show(self, event: ClientEvent) -> None:
        """Pass an event on, unless it answers a search or the switcher."""
        if not self.searching.take(event) and not self.directory.take(event):
            self.on_event(event)

    def execute(
        self, intent: Callable[Concatenate[ClientState, P], Effects], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Execute an intent."""
        self.driver.post(partial(self.driver.execute, intent, *args, **kwargs))

    def set_room(self, room: str) -> None:
        """Make a room the one that messages are sent to."""
        self.driver.post(lambda: setattr(self.controller.view, "room", room))

    def close(self, room: str) -> None:
        """Remove a conversation, or a room that we are not in, from the list."""
        self.driver.post(lambda: self.controller.close(room))

    def send_typing(self, room: str, state: TypingState) -> None:
        """Report to a room or conversation whether we are typing."""
        self.execute(intents.send_typing, room, state)

    def mark_read_to(self, room: str, at: int) -> None:
        """Mark a room as read up to the time of a message, on all devices of the account."""
        self.execute(intents.mark_read_to, room, at)

    def mark_all_read(self) -> None:
        """Mark everything as read."""
        self.execute(intents.mark_all_read)

    def fetch(self, room: str, direction: Direction, reference: str, limit: int) -> None:
        """Request a page of history."""
        match direction:
            case Direction.LATEST:
                self.execute(intents.fetch_latest, room, limit)
            case Direction.BEFORE:
                self.execute(intents.fetch_before, room, reference, limit)
            case Direction.AFTER:
                self.execute(intents.fetch_after, room, reference, limit)
            case Direction.AROUND:
                self.execute(intents.fetch_around, room, reference.removeprefix("msgid="), limit)

    def may_fetch(self, room: str) -> bool:
        """Whether history can be requested now: its latest messages have all been shown."""
        return self.reader.has_history(room) and not self._calls.has_calls

    def save_room_order(self, names: list[str]) -> None:
        """Keep the order of the rooms across starts."""
        self.driver.post(lambda: self.storage.room_order.save(names))

    def keep_theme(self, name: str) -> None:
        """Keep the theme across starts."""
        self.driver.post(lambda: self.storage.theme.save([name]))

    def keep_reactions(self, reactions: list[str]) -> None:
        """Offer these reactions at the next start, too."""
        self.driver.post(lambda: self.storage.reactions.save([one for one in reactions if clean(one) == one]))

    def end(self) -> None:
        """Disconnect and end; queued messages are lost."""
        self.driver.post(self.controller.end_now)

    def stop(self) -> None:
        """Disconnect and end at once, as on SIGTERM."""
        self.execute(intents.quit_, "Terminated")
        self.driver.post(self.driver.end)

    def request_away(self, room: str) -> None:
        """Request the away state of the members of a room, unless it is known."""
        self.execute(intents.request_away, room)
