"""The driver of the screen: runs the protocol in a thread of its own and passes its events on."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Concatenate, ParamSpec

from app.client.display.event_text import DisplayContext
from app.client.driver import Driver
from app.client.notifications.notifier import Notifier
from app.client.protocol import intents
from app.client.protocol.channel_view import ChannelMember
from app.client.protocol.effects import Effects
from app.client.protocol.events import ClientEvent, Direction, TypingState
from app.client.protocol.history.pages import CAPABILITY as CHATHISTORY
from app.client.protocol.model import ClientState
from app.client.screen.bridge import Bridge
from app.client.screen.input.input_session import InputSession
from app.client.screen.room_directory import RoomDirectory
from app.client.screen.search_session import SearchSession
from app.client.screen.state.last_room import LastRoom
from app.client.storage.client_storage import ClientStorage
from app.client.ui.command_registry import SlashCommands
from app.client.ui.controller import Controller
from app.client.ui.read_policy import MARK_BY_VIEW
from app.text.sanitise import clean
from app.wire.names import Key, fold

P = ParamSpec("P")
OPERATOR_PREFIXES = frozenset("~&@")
LAG_INTERVAL_MILLISECONDS = 30_000  # between two measurements


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the screen shows of the client's state; it is read at once, under one lock."""

    nick: str
    account: str
    lag_ms: int | None
    topic: str
    member_count: int
    joined: set[Key]  # or to be rejoined
    muted: set[Key]


class ScreenSession:
    """The screen's access to the driver. Everything here may be called in the screen's thread."""

    def __init__(
        self,
        driver: Driver,
        commands: SlashCommands,
        storage: ClientStorage,
        bridge: Bridge,
        notifier: Notifier | None = None,
    ) -> None:
        self.driver = driver
        driver.state.options.wants_events = True
        self.commands = commands
        self.storage = storage
        self.error: Exception | None = None
        self._bridge = bridge
        driver.await_display = bridge.wait_for_room
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
        self.controller.on_room = lambda room: bridge.post(lambda: self.on_room(room))
        self.controller.on_close = lambda room: bridge.post(lambda: self.on_close(room))
        self.input = InputSession(driver, self.controller, bridge)
        self.input.is_stopped = lambda: self.error is not None
        self.searching = SearchSession(driver, bridge)
        self.directory = RoomDirectory(lambda: self.execute(intents.find_rooms))

    def connect_to(
        self,
        on_event: Callable[[ClientEvent], None],
        on_room: Callable[[str], None],
        on_close: Callable[[str], None],
        on_end: Callable[[], None],
    ) -> None:
        """Set what is called, in the screen's thread, when something has happened."""
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
            self._bridge.post(lambda: self.on_end())

    def _post_event(self, event: ClientEvent) -> None:
        self._bridge.post(lambda: self._show(event))

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
        """Tell the others in a room what we are doing in the input."""
        self.driver.post(lambda: self.driver.execute(intents.send_typing, room, state))

    def mark_read_to(self, room: str, at: int) -> None:
        """Mark a room as read up to the time of a message, on all devices of the account."""
        self.driver.post(lambda: self.driver.execute(intents.mark_read_to, room, at))

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
        """Whether history can be requested now: its latest messages have all been shown."""

        def query(state: ClientState) -> bool:
            view = state.find_room(room)
            is_ready = view is not None and view.catch_up is None and (view.is_joined or view.is_direct)
            return state.is_online and state.has(CHATHISTORY) and is_ready

        return self.driver.read(query) and not self._bridge.has_calls

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

    def count_queued(self) -> int:
        """Return the number of messages that wait for a connection."""
        return len(self.read_queued())

    def read_queued(self) -> list[tuple[str, str]]:
        """Return the targets and texts of messages that wait for a connection."""
        return self.driver.read(
            lambda state: [(one.target, one.text) for one in intents.queued_messages(state)]
        )

    def stop(self) -> None:
        """Disconnect and end at once, as on SIGTERM."""
        self.driver.post(lambda: self.driver.execute(intents.quit_, "Terminated"))
        self.driver.post(self.driver.end)

    def request_away(self, room: str) -> None:
        """Request who in a room is away, if that is not known."""
        self.driver.post(lambda: self.driver.execute(intents.request_away, room))

    def read_members(self, room: str) -> list[ChannelMember]:
        """Return the members of a room."""

        def query(state: ClientState) -> list[ChannelMember]:
            view = state.find_room(room)
            return list(view.members.values()) if view else []

        return self.driver.read(query)

    def moderates(self, room: str) -> bool:
        """Whether we are an operator of a room."""

        def query(state: ClientState) -> bool:
            view = state.find_room(room)
            me = view.members.get(fold(state.nick)) if view else None
            return me is not None and not OPERATOR_PREFIXES.isdisjoint(me.prefix)

        return self.driver.read(query)

    def read_people(self) -> list[str]:
        """Return the nicks of the others in our rooms."""

        def query(state: ClientState) -> list[str]:
            members = (member for room in state.joined_rooms() for member in room.members.items())
            nicks = {key: member.nick for key, member in members}
            return [nick for nick in nicks.values() if not state.is_me(nick)]

        return self.driver.read(query)

    def read_snapshot(self, room: str) -> Snapshot:
        """Return what the screen shows of the state; the topic and members are those of a room."""
        now = self.driver.clock.now()

        def query(state: ClientState) -> Snapshot:
            view = state.find_room(room)
            return Snapshot(
                state.nick,
                state.connection.account,
                state.connection.lag_at(now),
                view.topic if view else "",
                len(view.members) if view else 0,
                {key for key, one in state.rooms.items() if one.is_joined or one.must_rejoin},
                self.controller.muted.keys,
            )

        return self.driver.read(query)
