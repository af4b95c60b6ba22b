"""The application: lays out the parts of the screen and connects them with the session."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import TypeVar

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from app.client.display.event_text import DisplayContext
from app.client.protocol.events import (
    AwayChanged,
    ClientEvent,
    Joined,
    Kicked,
    Members,
    Message,
    ModeChanged,
    Parted,
    Quit,
    Renamed,
)
from app.client.screen.bridge import Bridge
from app.client.screen.keys import BINDINGS
from app.client.screen.session import ScreenSession
from app.client.screen.timeline_navigation import TimelineNavigation
from app.client.screen.widgets.composer import Composer
from app.client.screen.widgets.member_list import MemberList
from app.client.screen.widgets.message_view import MessageView
from app.client.screen.widgets.question_bar import QuestionBar
from app.client.screen.widgets.room_list import RoomList
from app.client.screen.widgets.status_line import StatusLine
from app.client.timeline.workspace import STATUS, Buffer, Workspace
from app.text.sanitise import clean
from app.wire.names import fold

Part = TypeVar("Part", bound=Widget)
MEMBERSHIP_EVENTS = (Joined, Parted, Quit, Kicked, Renamed, Members, ModeChanged, AwayChanged)


class ChatApp(App[None]):
    """The full-screen client."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = BINDINGS
    CSS = """
    Screen { layout: vertical; }
    #panes { height: 1fr; }
    #topic { height: 1; padding: 0 1; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, session: ScreenSession, bridge: Bridge, server: str) -> None:
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self.session = session
        self._bridge = bridge
        self._server = server
        self.workspace = Workspace(
            DisplayContext(nick=session.driver.read(lambda state: state.nick)), self._is_mention
        )
        self.navigation = TimelineNavigation(
            session, self.workspace, lambda: self.find_part(MessageView, "#messages"), self.notify
        )
        self._has_new_members = True
        session.on_event = self.show_event
        session.on_room = self.show_room
        session.on_question = self.show_question
        session.on_end = self._end

    def compose(self) -> ComposeResult:
        """Yield the parts of the screen."""
        with Horizontal(id="panes"):
            yield RoomList(self._server)
            with Vertical():
                yield Static("", id="topic", markup=False)
                yield MessageView(self.workspace.context, self.workspace.current.timeline)
            yield MemberList()
        yield StatusLine()
        yield QuestionBar()
        yield Composer()

    def find_part(self, kind: type[Part], selector: str = "") -> Part:
        """Return a part of the screen, also while a dialog is open above it."""
        return self.screen_stack[0].query_one(selector or kind.__name__, kind)

    def on_ready(self) -> None:
        """Connect, after the first frame."""
        import asyncio

        self.find_part(Composer).focus()
        self._bridge.open(asyncio.get_running_loop())
        self.refresh_parts()
        self.session.start()

    def _end(self) -> None:
        self._bridge.close()
        self.exit()

    def on_unmount(self) -> None:
        """Show nothing more."""
        self._bridge.close()

    def _is_mention(self, message: Message) -> bool:
        nick = self.workspace.context.nick
        return message.is_direct or (bool(nick) and fold(nick) in fold(message.text))

    # Events

    def show_event(self, event: ClientEvent) -> None:
        """Update the timelines from an event."""
        self.workspace.context.nick = self.session.driver.state.nick
        self.workspace.apply(event)
        self.navigation.handle(event)
        if isinstance(event, Message):
            self.workspace.count_unread(event)
        if isinstance(event, MEMBERSHIP_EVENTS):
            self._has_new_members = True

    def show_room(self, room: str) -> None:
        """Show the messages of a room, or those of the server."""
        self._keep_draft()
        self.workspace.show(room)
        buffer = self.workspace.current
        self.find_part(MessageView).show(buffer.timeline)
        composer = self.find_part(Composer)
        composer.text = buffer.draft
        composer.move_cursor(composer.document.end)
        self._has_new_members = True
        self.session.mark_read(room)
        self.refresh_parts()

    def _keep_draft(self) -> None:
        self.workspace.current.draft = self.find_part(Composer).text

    def show_question(self) -> None:
        """Ask the question that waits, or go back to the input."""
        question = self.session.question
        self.find_part(QuestionBar).ask(question)
        composer = self.find_part(Composer)
        composer.display = question is None
        if question is None:
            composer.focus()

    def refresh_parts(self) -> None:
        """Show the current state of every part."""
        workspace = self.workspace
        self.find_part(MessageView).update()
        self.find_part(RoomList).show(self.ordered(), workspace.current.name)
        topic = self.session.read_topic(workspace.current_name)
        title = f"{workspace.current_name}  {topic}" if workspace.current_name else self._server
        self.find_part(Static, "#topic").update(clean(title))
        if self._has_new_members:
            self._has_new_members = False
            self.find_part(MemberList).show(self.session.read_members(workspace.current_name))
        self._refresh_status()

    def _refresh_status(self) -> None:
        phase = self.session.driver.state.connection.phase
        others = [one for one in self.ordered() if one.unread]
        self.find_part(StatusLine).show(
            self.workspace.context.nick, phase, others, self.find_part(MessageView).viewport.follows_end
        )

    def ordered(self) -> list[Buffer]:
        """Return the buffers in the order of the list: the server, rooms, direct ones."""
        known = list(self.workspace.buffers.values())
        rooms = [one for one in known if one.name != STATUS and not one.timeline.is_direct]
        direct = [one for one in known if one.timeline.is_direct]
        return [self.workspace.open(STATUS), *rooms, *direct]

    # Actions

    def go_to_room(self, name: str) -> None:
        """Show a room, and send messages to it."""
        self.session.set_room(name)
        self.show_room(name)

    def action_next_room(self, step: int) -> None:
        """Show the next or the previous buffer in the list."""
        names = [one.name for one in self.ordered()]
        index = names.index(self.workspace.current.name)
        self.go_to_room(names[(index + step) % len(names)])

    def action_room_number(self, number: int) -> None:
        """Show the buffer with a number."""
        buffers = self.ordered()
        if number < len(buffers):
            self.go_to_room(buffers[number].name)

    def action_next_unread(self) -> None:
        """Show the next buffer with unread messages."""
        self._go_to_next(lambda one: bool(one.unread))

    def action_next_mention(self) -> None:
        """Show the next buffer in which we are mentioned."""
        self._go_to_next(lambda one: bool(one.mentions))

    def _go_to_next(self, is_wanted: Callable[[Buffer], bool]) -> None:
        found = next(filter(is_wanted, self._after_current()), None)
        if found is None:
            self.notify("Nothing is unread.")
        else:
            self.go_to_room(found.name)

    def _after_current(self) -> Iterator[Buffer]:
        buffers = self.ordered()
        index = next(i for i, one in enumerate(buffers) if one is self.workspace.current)
        return chain(buffers[index + 1 :], buffers[:index])

    def action_go_to_unread(self) -> None:
        """Show the first new message at the top."""
        self.navigation.go_to_unread()

    def action_mark_all_read(self) -> None:
        """Mark everything as read."""
        for buffer in self.workspace.buffers.values():
            buffer.unread = buffer.mentions = 0
            buffer.timeline.new_after = None
        self.session.mark_all_read()
        self.refresh_parts()

    def action_scroll_page(self, direction: int) -> None:
        """Scroll by a page."""
        view = self.find_part(MessageView)
        view.scroll_lines(direction * max(view.page_lines - 2, 1))

    def action_scroll_end(self) -> None:
        """Show the latest messages."""
        self.navigation.go_to_end()

    def action_select(self, step: int) -> None:
        """Select the previous or the next message."""
        self.navigation.select(step)

    def action_toggle_rooms(self) -> None:
        """Show or hide the rooms."""
        rooms = self.find_part(RoomList)
        rooms.display = not rooms.display

    def action_toggle_members(self) -> None:
        """Show or hide the members."""
        members = self.find_part(MemberList)
        members.display = not members.display

    def action_interrupt(self) -> None:
        """Clear the input or cancel the question; never end the program."""
        composer = self.find_part(Composer)
        if self.session.question is not None:
            self.session.cancel(self.session.question)
        elif composer.text:
            composer.text = ""
        else:
            self.notify("Press Ctrl-Q or type /quit to end the program.")

    def action_dismiss(self) -> None:
        """Go back to the input and to the latest messages."""
        self.navigation.go_to_end()
        self.find_part(Composer).focus()

    def action_leave(self) -> None:
        """End the program."""
        self.session.end()

    # Messages of the parts

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        """Send a text."""
        self.navigation.go_to_end()
        self.session.submit(event.text)

    def on_question_bar_answered(self, event: QuestionBar.Answered) -> None:
        """Pass an answer on."""
        self.session.answer(event.question, event.answer)

    def on_room_list_chosen(self, event: RoomList.Chosen) -> None:
        """Show the buffer that was clicked."""
        self.go_to_room(event.buffer_name)

    def on_message_view_position_changed(self, event: MessageView.PositionChanged) -> None:
        """Show whether there is more below."""
        self._refresh_status()

    def on_message_view_edge_reached(self, event: MessageView.EdgeReached) -> None:
        """Load more history."""
        self.navigation.load_more(event.timeline, event.is_start)

    def on_message_view_original_wanted(self, event: MessageView.OriginalWanted) -> None:
        """Show the message that was answered."""
        self.navigation.go_to_original(event.entry)

    def on_message_view_text_chosen(self, event: MessageView.TextChosen) -> None:
        """Copy a text that was selected by clicks."""
        self.copy_to_clipboard(event.text)

    def on_text_selected(self) -> None:
        """Copy a text that was selected by dragging."""
        if text := self.screen.get_selected_text():
            self.copy_to_clipboard(text)
