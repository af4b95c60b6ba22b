"""Moves the view in the current timeline, and loads its history."""

from collections.abc import Callable

from app.client.protocol.events import ClientEvent, HistoryFetched, UnreadMessages
from app.client.screen.history_pager import HistoryPager
from app.client.screen.session.screen_session import ScreenSession
from app.client.screen.widgets.message_view import MessageView
from app.client.timeline.entry import Entry
from app.client.timeline.new_messages import find_first_new, may_begin_earlier
from app.client.timeline.timeline import Timeline
from app.client.workspace.workspace import Workspace
from app.wire.names import fold


class TimelineNavigation:
    """Moves in the current timeline, loads its history, and shows messages in their context.

    A message that is not loaded is shown in a timeline of its own, until the user goes back to the
    latest messages or scrolls down to those that are loaded.
    """

    def __init__(
        self,
        session: ScreenSession,
        workspace: Workspace,
        get_view: Callable[[], MessageView],
        get_active_view: Callable[[], MessageView],
        notify: Callable[[str], None],
    ) -> None:
        self._session = session
        self._workspace = workspace
        self._get_view = get_view
        self._get_active_view = get_active_view
        self._notify = notify
        self._pager = HistoryPager(session, workspace.context, workspace.is_mention)
        self._pager.find_live = self._find_live
        self._pager.on_joined = self._show_joined
        self._sought: tuple[Timeline, object] | None = None  # whose first new message, and the position
        self.on_joined: Callable[[Timeline, Timeline], None] = lambda context, live: None

    def _find_live(self, room: str) -> Timeline | None:
        buffer = self._workspace.buffers.get(fold(room))
        return buffer.timeline if buffer else None

    def handle(self, event: ClientEvent) -> None:
        """Add history that arrived; unread messages are shown from the first one on."""
        self._pager.handle(event)
        if isinstance(event, UnreadMessages) and fold(event.room) == fold(self._workspace.current_name):
            self.open_at_unread()
        elif isinstance(event, HistoryFetched):
            self._continue_to_unread()

    def load_older(self, timeline: Timeline) -> None:
        """Load the page before a timeline, if its start is still near."""
        if self._may_load(timeline) and self._get_view().viewport.is_near_start:
            self._pager.load_older(timeline)
            self._get_view().update()

    def load_newer(self, timeline: Timeline) -> None:
        """Load the page after a timeline, if its end is still near."""
        if self._may_load(timeline) and self._get_view().viewport.is_near_end:
            self._pager.load_newer(timeline)
            self._get_view().update()

    def _may_load(self, timeline: Timeline) -> bool:
        """Whether a timeline is shown, and its latest messages have been received."""
        return self._get_view().timeline is timeline and self._session.may_fetch(timeline.name)

    # Movement

    def go_to_end(self) -> None:
        """Show the latest messages."""
        view = self._get_view()
        live = self._workspace.current.timeline
        if view.timeline is not live:
            view.forget(view.timeline)
            view.show(live)
        view.go_to_end()

    def scroll_page(self, direction: int) -> None:
        """Scroll by a page."""
        view = self._get_active_view()
        view.scroll_lines(direction * max(view.page_lines - 2, 1))

    def select(self, step: int) -> None:
        """Select the previous or the next message; after the last one, none."""
        view = self._get_active_view()
        timeline = view.timeline
        number = timeline.end_number if view.viewport.selected is None else view.viewport.selected
        number += step
        while (entry := timeline.find_entry(number)) is not None and not _is_selectable(entry):
            number += step
        if entry is not None:
            view.select(number)
        elif step > 0:
            view.go_to_end()
        else:
            view.go_to_start()

    def select_outermost(self, step: int) -> None:
        """Select the first or the last message that is loaded."""
        view = self._get_active_view()
        timeline = view.timeline
        number = timeline.first_number if step < 0 else timeline.end_number - 1
        while (entry := timeline.find_entry(number)) is not None and not _is_selectable(entry):
            number -= step
        if entry is not None:
            view.select(number)

    def go_to_unread(self) -> None:
        """Show the first new message."""
        live = self._workspace.current.timeline
        if live.new_after is None:
            self._notify("No new messages here.")
            return
        self._seek_unread(live)

    def open_at_unread(self) -> None:
        """Show the first unread message, unless the user has scrolled back."""
        if self._workspace.current.unread and self._get_view().sees_end:
            self._seek_unread(self._workspace.current.timeline)

    def _seek_unread(self, live: Timeline) -> None:
        """Show the first new message; while older ones are loaded, the first one that is."""
        number, view = find_first_new(live), self._show_live(live)
        self._sought = None
        if may_begin_earlier(live, number):
            view.go_to_start()
            self._sought = live, view.viewport.position
        elif number is not None:
            view.go_to(number)

    def _continue_to_unread(self) -> None:
        """After a page was loaded, go on to the first new message, unless the user has scrolled."""
        view = self._get_view()
        if self._sought == (view.timeline, view.viewport.position):
            self._seek_unread(view.timeline)

    def _show_live(self, live: Timeline) -> MessageView:
        view = self._get_view()
        if view.timeline is not live:
            view.show(live)
        return view

    def activate(self) -> bool:
        """Expand or collapse the selected entry; return whether there was one to expand."""
        view = self._get_active_view()
        entry, number = view.selected_entry, view.viewport.selected
        if entry is None or number is None or not entry.is_expandable:
            return False
        view.toggle(number)
        return True

    # Messages in their context

    def go_to_original(self, entry: Entry) -> None:
        """Show the message that an entry replies to."""
        if entry.reply_to:
            self.go_to_message(self._get_view().timeline.name, entry.reply_to)

    def go_to_message(self, room: str, msgid: str) -> None:
        """Show a message of the current room in the middle, also if it is not loaded."""
        live = self._find_live(room)
        shown = self._get_view().timeline
        for timeline in (shown, live):
            number = timeline.find_number(msgid) if timeline and fold(timeline.name) == fold(room) else None
            if timeline is not None and number is not None:
                self._show_live(timeline).centre(number)
                return
        self._pager.load_around(
            room, msgid, lambda timeline: self._show_context(timeline, msgid), self._report_failure
        )

    def _show_context(self, timeline: Timeline, msgid: str) -> None:
        number = timeline.find_number(msgid)
        if fold(timeline.name) == fold(self._workspace.current_name) and number is not None:
            self._show_live(timeline).centre(number)

    def _report_failure(self, reason: str) -> None:
        self._notify(f"Cannot show the message: {reason.rstrip('.')}.")

    def _show_joined(self, context: Timeline, live: Timeline) -> None:
        """Show the live timeline at the same place: it contains the context now."""
        view = self._get_view()
        if view.timeline is context:
            view.show_instead(live, live.first_number - context.first_number)
        view.forget(context)
        self.on_joined(context, live)


def _is_selectable(entry: Entry) -> bool:
    return entry.is_message or entry.is_expandable
