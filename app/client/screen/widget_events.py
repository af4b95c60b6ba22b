"""The handlers of the messages that widgets post."""

from collections.abc import Mapping

from textual.widgets import TextArea

from app.client.screen.actions.copying import TextCopier
from app.client.screen.actions.message_actions import MessageActions
from app.client.screen.actions.session_end import SessionEnd
from app.client.screen.actions.timeline_navigation import TimelineNavigation
from app.client.screen.main_widgets import MainWidgets
from app.client.screen.presenter import Presenter
from app.client.screen.terminal_app import TerminalApp
from app.client.screen.widgets.composer import Composer
from app.client.screen.widgets.member_list import MemberList
from app.client.screen.widgets.message_view import MessageView
from app.client.screen.widgets.room_list import RoomList
from app.client.screen.widgets.timeline_view import TimelineView
from app.client.workspace.workspace import Workspace


class WidgetEvents(TerminalApp):
    """The handlers of the widgets' messages; the application sets these attributes."""

    workspace: Workspace
    widgets: MainWidgets
    presenter: Presenter
    navigation: TimelineNavigation
    messages: MessageActions
    copier: TextCopier
    _session_end: SessionEnd
    _keys: Mapping[str, str]

    def go_to_room(self, name: str) -> None:
        """Show a room, and send messages to it."""
        raise NotImplementedError

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        """Show the latest messages, because a text was sent."""
        if self._session_end.has_failed:
            self.notify_user(f"Nothing was sent. {self._keys['retry']} connects again.")
            return
        self.navigation.go_to_end()
        self.messages.show_hint()

    def on_composer_completions_changed(self, event: Composer.CompletionsChanged) -> None:
        """Update the hint, which is shown only while nothing is being written."""
        self.messages.show_hint()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Report that we are typing, and deselect the message: keys are text from now on."""
        if self.widgets.composer.is_written and self.messages.selected is not None:
            self.widgets.active_messages.select(None)
        if event.text_area is self.widgets.composer and self.widgets.composer.has_focus:
            self.presenter.on_typed(event.text_area.text)

    def on_room_list_room_chosen(self, event: RoomList.RoomChosen) -> None:
        """Show the buffer that was chosen."""
        self.go_to_room(event.buffer_name)

    def on_member_list_member_chosen(self, event: MemberList.MemberChosen) -> None:
        """Open a conversation with a member."""
        self.workspace.open(event.nick, is_direct=True)
        self.go_to_room(event.nick)

    def on_timeline_view_position_changed(self, event: TimelineView.PositionChanged) -> None:
        """Update the status and, at the end, mark the messages as read."""
        self.presenter.on_scrolled()
        self.messages.show_hint()

    def on_timeline_view_older_needed(self, event: TimelineView.OlderNeeded) -> None:
        """Load older history."""
        self.navigation.load_older(event.timeline)

    def on_timeline_view_newer_needed(self, event: TimelineView.NewerNeeded) -> None:
        """Load newer history."""
        self.navigation.load_newer(event.timeline)

    def on_message_view_quote_clicked(self, event: MessageView.QuoteClicked) -> None:
        """Show the quoted message."""
        self.navigation.go_to_original(event.entry)

    def on_message_view_reaction_clicked(self, event: MessageView.ReactionClicked) -> None:
        """React in the same way, or remove our reaction."""
        self.messages.toggle_label(event.entry, event.label)

    def on_message_view_text_chosen(self, event: MessageView.TextChosen) -> None:
        """Copy the text of a double or triple click."""
        self.copier.copy(event.text)

    def on_text_selected(self) -> None:
        """Copy the text selected by dragging."""
        if text := self.screen.get_selected_text():
            self.copier.copy(text)
