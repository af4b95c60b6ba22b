"""Shows the state of the workspace and the session in the widgets."""

import time
from collections.abc import Callable, Mapping
from datetime import date

from app.client.notifications.rules import is_for_us
from app.client.protocol.events import (
    AwayChanged,
    AwayReceived,
    ClientEvent,
    ConversationFound,
    Ignored,
    Joined,
    Kicked,
    Members,
    Message,
    ModeChanged,
    Parted,
    Phase,
    PhaseChanged,
    Quit,
    Renamed,
)
from app.client.screen.main_widgets import MainWidgets
from app.client.screen.options import ScreenOptions
from app.client.screen.session.screen_session import ScreenSession
from app.client.screen.session.state_reader import Snapshot
from app.client.screen.state.closed_conversations import ClosedConversations
from app.client.screen.state.connection_status import ConnectionStatus
from app.client.screen.state.own_typing import OwnTyping
from app.client.screen.state.pane_layout import Pane, PaneLayout
from app.client.screen.state.read_state import ReadState
from app.client.screen.state.typing_users import TypingUsers
from app.client.screen.widgets.status_line import Status
from app.client.timeline.entry import Entry
from app.client.workspace.buffer import STATUS, Buffer
from app.client.workspace.buffer_order import BufferOrder
from app.client.workspace.workspace import Workspace
from app.text.counts import count_of
from app.text.sanitise import clean
from app.wire.names import fold

MEMBERSHIP_EVENTS = (
    Joined, Parted, Quit, Kicked, Renamed, Members, ModeChanged, AwayChanged, AwayReceived,
    PhaseChanged, Ignored,  # such as the end of the list of members
)  # fmt: skip


class Presenter:
    """Applies events to the workspace, and updates the widgets. Runs in the screen's thread."""

    def __init__(
        self,
        widgets: MainWidgets,
        workspace: Workspace,
        session: ScreenSession,
        options: ScreenOptions,
        keys: Mapping[str, str],
        server: str,
    ) -> None:
        self.widgets = widgets
        self.workspace = workspace
        self.session = session
        self.panes = PaneLayout()
        self.order = BufferOrder(session.storage.room_order.load(), options.sorts_by_activity)
        self.reading = ReadState(workspace, session.mark_read_to)
        self._closed = ClosedConversations(session.storage.closed)
        self.typing = TypingUsers()
        self._own_typing = OwnTyping(session.send_typing)
        self.connection = ConnectionStatus()
        self._options = options
        self._keys = keys
        self._server = server
        self._has_new_members = True
        session.controller.is_watching = self.is_watching
        self.on_opened: Callable[[], None] = lambda: None  # called when a room is shown, before it is read
        self._first_day: date | None = None  # of what is visible

    @property
    def buffers(self) -> list[Buffer]:
        """The buffers in the order of the list."""
        return self.order.arrange(self.workspace.buffers.values())

    @property
    def is_changing(self) -> bool:
        """Whether something changes by itself within seconds, so that `refresh` is needed."""
        is_typing = bool(self.typing.nicks(self.workspace.current_name, time.monotonic()))
        is_counting = self.connection.is_counting or self._own_typing.is_active
        return is_counting or is_typing or self.reading.is_pending()

    def apply(self, event: ClientEvent) -> None:
        """Update the workspace from an event."""
        if isinstance(event, ConversationFound) and self._closed.hides(event):
            return
        now = time.monotonic()
        self.workspace.context.nick = self.session.driver.state.nick
        self.workspace.apply(event)
        self.typing.apply(event, now)
        self.connection.apply(event, now)
        if isinstance(event, MEMBERSHIP_EVENTS):
            self._has_new_members = True

    def is_mention(self, message: Message) -> bool:
        """Whether a message is addressed to us."""
        return is_for_us(message, self.workspace.context.nick, self._options.keywords)

    def is_watching(self, room: str) -> bool:
        """Whether the user is looking at a room. Thread-safe."""
        return self.reading.has_focus and fold(room) == fold(self.workspace.current_name)

    def show_room(self, room: str) -> None:
        """Show the messages of a room, or those of the server."""
        self.reading.settle(time.monotonic())
        self._own_typing.leave(self.widgets.composer.text)
        self.widgets.input.leave_room()
        self.widgets.messages.select(None)
        self.workspace.show(room)
        buffer = self.workspace.current
        self.widgets.messages.show(buffer.timeline)
        self.on_opened()
        self.widgets.thread.close()
        self.widgets.input.enter_room()
        self._has_new_members = True
        self.show_messages()

    def close_room(self, room: str) -> None:
        """Remove a buffer from the list."""
        if fold(room) == fold(self.workspace.current_name):
            self.show_room(STATUS)
        buffer = self.workspace.open(room)
        self.widgets.messages.forget(buffer.timeline)
        if buffer.timeline.is_direct:
            self._closed.add(buffer.name, buffer.active_at)
        self.workspace.close(room)
        self.refresh()

    def refresh(self) -> None:
        """Show the current state in every widget."""
        workspace, widgets = self.workspace, self.widgets
        snapshot = self.session.reader.snapshot(workspace.current_name)
        for key, buffer in workspace.buffers.items():
            buffer.is_joined, buffer.is_muted = key in snapshot.joined, key in snapshot.muted
        widgets.messages.update()
        widgets.thread.update()
        self.reading.sees_end = widgets.messages.sees_end
        self.reading.update(time.monotonic())
        self._own_typing.update(time.monotonic())
        widgets.rooms.show(self.buffers, workspace.current.name)
        self._first_day = widgets.messages.first_day
        widgets.topic.show(self._describe_room(snapshot), self._describe_day())
        self._refresh_members()
        self._show_status(snapshot)

    def _describe_room(self, snapshot: Snapshot) -> str:
        """Return the name, the topic and, unless the list shows it, the size of the room."""
        if self.workspace.current_name == STATUS:
            return self._server
        size = count_of(snapshot.member_count, "member") if snapshot.member_count else ""
        parts = [self.workspace.current.name, "" if self.widgets.members.display else size, snapshot.topic]
        return clean("  ".join(filter(None, parts)))

    def _describe_day(self) -> str:
        """Return the day of the first visible message, unless that is today, at the end."""
        day, workspace = self._first_day, self.workspace
        today = workspace.context.to_local(workspace.now()).date()
        if day is None or (day == today and self.widgets.messages.sees_end):
            return ""
        return f"{day:%a} {day.day} {day:%b %Y}"

    def _refresh_members(self) -> None:
        """Read the members again if they have changed and are visible."""
        if self._has_new_members and self.widgets.members.display:
            self._has_new_members = False
            members = self.session.reader.members(self.workspace.current_name)
            self.widgets.members.show(members)
            if len(members) > 1:
                self.session.request_away(self.workspace.current_name)

    def refresh_status(self) -> None:
        """Show the current state in the status line alone."""
        self._show_status(self.session.reader.snapshot(self.workspace.current_name))

    def _show_status(self, snapshot: Snapshot) -> None:
        now, current = time.monotonic(), self.workspace.current
        is_online = self.connection.phase is Phase.ONLINE
        self.widgets.status.show(
            Status(
                snapshot.nick,
                is_guest=is_online and not snapshot.account,
                connection=self.connection.describe(now),
                lag_ms=snapshot.lag_ms if is_online else None,
                typing=self.typing.nicks(current.name, now),
                unread=self._list_unread_elsewhere(),
                has_more_below=not self.widgets.messages.sees_end,
                new_below=self._count_below(),
                end_key=self._keys["end"],
                is_peeking=self.reading.is_peeking,
                help_key=self._keys["help"],
            )
        )

    def _count_below(self) -> int:
        """Return the number of unread messages below those that are visible."""
        view, unread = self.widgets.messages, self.workspace.current.unread_times
        last = view.last_visible_entry if view.timeline.is_live else None
        return 0 if view.sees_end else unread.count_after(last.at if last else 0)

    def _list_unread_elsewhere(self) -> list[Buffer]:
        """Return the other buffers with unread messages, unless the list shows them."""
        if self.widgets.rooms.display:
            return []
        current = self.workspace.current
        return [one for one in self.buffers if one is not current and one.wants_attention]

    def on_typed(self, text: str) -> None:
        """Report that we are typing, unless the settings forbid it."""
        if self._options.sends_typing and self.session.input.question is None:
            self._own_typing.type(self.workspace.current_name, text, time.monotonic())

    def show_thread(self, entry: Entry) -> None:
        """Show the thread of a message beside the messages."""
        self.widgets.thread.open(self.widgets.messages.timeline, entry)
        self.arrange()

    def close_thread(self) -> bool:
        """Close the thread; return whether one was shown."""
        was_open = self.widgets.thread.thread is not None
        self.widgets.thread.close()
        if was_open:
            self.arrange()
        return was_open

    def toggle_pane(self, pane: Pane) -> None:
        """Show or hide the rooms or the members."""
        self.panes.toggle(pane)
        self.arrange()

    def show_messages(self) -> None:
        """On a narrow terminal, return to the messages."""
        self.panes.show_messages()
        self.arrange()

    def resize(self, columns: int) -> None:
        """Show the panes for which there is room."""
        self.panes.columns = columns
        self.arrange()

    def arrange(self) -> None:
        """Show and hide the panes."""
        self.panes.has_thread = self.widgets.thread.thread is not None
        self.widgets.arrange(self.panes)
        self.refresh()

    def on_scrolled(self) -> None:
        """Update the day and the status line; at the end, mark the room as read."""
        messages = self.widgets.messages
        if (messages.sees_end, messages.first_day) != (self.reading.sees_end, self._first_day):
            self.refresh()
        elif self.workspace.current.unread:
            self.refresh_status()
