"""The widgets of the main screen, and which of them are visible."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from app.client.screen.input.input_area import InputArea
from app.client.screen.session.screen_session import ScreenSession
from app.client.screen.state.pane_layout import Pane, PaneLayout
from app.client.screen.widgets.failure_bar import FailureBar
from app.client.screen.widgets.member_list import MemberList
from app.client.screen.widgets.message_view import MessageView
from app.client.screen.widgets.room_list import RoomList
from app.client.screen.widgets.status_line import StatusLine
from app.client.screen.widgets.thread_pane import ThreadPane
from app.client.screen.widgets.topic_line import TopicLine
from app.client.workspace.workspace import Workspace


class MainWidgets:
    """The widgets of the main screen; they exist before they are mounted, and under any dialog."""

    def __init__(self, workspace: Workspace, session: ScreenSession, server: str) -> None:
        self.rooms = RoomList(server.partition(" ")[0])
        self.topic = TopicLine()
        self.messages = MessageView(workspace.context, workspace.current.timeline)
        self.members = MemberList()
        self.thread = ThreadPane(workspace.context)
        self.status = StatusLine()
        self.failure = FailureBar()
        self.input = InputArea(session.input, workspace, session.storage.open_history())
        self.composer = self.input.composer
        self._middle = Vertical(self.topic, self.messages, id="middle")

    def compose(self) -> ComposeResult:
        """Yield the widgets in their places."""
        yield Horizontal(self.rooms, self._middle, self.members, self.thread, id="panes")
        yield self.status
        yield self.failure
        yield self.input

    def arrange(self, layout: PaneLayout) -> None:
        """Show and hide the panes; on a narrow terminal, a visible list has the focus."""
        visible = layout.visible
        columns = {Pane.ROOMS: self.rooms, Pane.MESSAGES: self._middle, Pane.MEMBERS: self.members}
        for pane, widget in columns.items():
            widget.display = pane in visible
            widget.set_class(layout.is_narrow, "-only")
        self._arrange_thread(layout)
        if layout.is_narrow and layout.only is not Pane.MESSAGES:
            columns[layout.only].focus()
        elif self.rooms.has_focus or self.members.has_focus:
            self.composer.focus()

    def _arrange_thread(self, layout: PaneLayout) -> None:
        """Show the thread in the place of the members or, on a narrow terminal, of the messages."""
        is_open = self.thread.thread is not None
        self.thread.display = is_open and (not layout.is_narrow or layout.only is Pane.MESSAGES)
        self.thread.set_class(layout.is_narrow, "-only")
        if is_open:
            self.members.display = self.members.display and layout.is_narrow
            self._middle.display = self._middle.display and not layout.is_narrow

    @property
    def active_messages(self) -> MessageView:
        """The messages in which keys move and select: those of the thread while one is shown."""
        return self.thread.messages if self.thread.thread is not None else self.messages
