"""The thread of a message, beside the messages of its room."""

from textual.containers import Vertical
from textual.widgets import Static

from app.client.display.display_context import DisplayContext
from app.client.screen.widgets.message_view import MessageView
from app.client.timeline.edge import Edge, EdgeState
from app.client.timeline.entry import Entry
from app.client.timeline.thread import Thread
from app.client.timeline.timeline import Timeline
from app.text.counts import count_of

EMPTY = Timeline("", older=Edge(EdgeState.ABSENT), newer=Edge(EdgeState.ABSENT))


class ThreadPane(Vertical):
    """Shows a thread and follows its new replies; it is hidden while there is none.

    It is empty until a thread is opened, so that the first frame does not wait for its styles.
    """

    DEFAULT_CSS = """
    ThreadPane { width: 40%; min-width: 30; border-left: solid $panel; display: none; }
    ThreadPane > Static { height: 1; padding: 0 1; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, context: DisplayContext) -> None:
        super().__init__(id="thread")
        self._title = Static("", markup=False)
        self.messages = MessageView(context, EMPTY, id="thread-messages")
        self.thread: Thread | None = None

    def open(self, source: Timeline, entry: Entry) -> None:
        """Show the thread of a message."""
        self.close()
        if not self.children:
            self.mount(self._title, self.messages)
        self.thread = Thread(source, entry)
        self.messages.show(self.thread.timeline)
        self._show_title(self.thread)

    def close(self) -> None:
        """Show no thread."""
        if self.thread is not None:
            self.messages.forget(self.thread.timeline)
            self.messages.show(EMPTY)
        self.thread = None

    def follow(self, former: Timeline, source: Timeline) -> None:
        """Follow the thread in another timeline, which contains all entries of the former one."""
        if self.thread is not None and self.thread.source is former:
            self.thread.move_to(source)

    def update(self) -> None:
        """Show new replies."""
        if self.thread is not None and self.thread.update():
            self.messages.update()
            self._show_title(self.thread)

    def _show_title(self, thread: Thread) -> None:
        self._title.update(f"Thread: {count_of(len(thread.timeline.entries), 'message')} (Esc closes it)")
