"""The list of rooms and buffers, with what is unread in them."""

from collections.abc import Sequence

from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from app.client.timeline.workspace import STATUS, Buffer
from app.text.columns import shorten, width
from app.text.sanitise import clean

MAX_COUNT = 999  # a larger number is shown as "999+"


class RoomList(Widget):
    """Shows the buffers in the order of the list, each in one line."""

    DEFAULT_CSS = """
    RoomList { width: 22; height: 1fr; border-right: solid $panel; }
    """

    class Chosen(Message):
        """The user clicked on a buffer."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.buffer_name = name

    def __init__(self, server: str) -> None:
        super().__init__(id="rooms")
        self._server = server
        self._buffers: Sequence[Buffer] = ()
        self._current = STATUS
        self._first = 0

    def show(self, buffers: Sequence[Buffer], current: str) -> None:
        """Show the buffers; `current` is the name of the one whose messages are shown."""
        self._buffers, self._current = buffers, current
        self.refresh()

    def render(self) -> Text:
        """Return the list."""
        rows = [self._row(number, one) for number, one in enumerate(self._buffers)]
        self._first = self._first_visible()
        return Text("\n").join(rows[self._first :])

    def _first_visible(self) -> int:
        names = [buffer.name for buffer in self._buffers]
        current = names.index(self._current) if self._current in names else 0
        return max(0, current - max(self.size.height - 1, 1))

    def _row(self, number: int, buffer: Buffer) -> Text:
        columns = max(self.content_size.width - 1, 8)
        label = f"{number} " if 0 < number < 10 else "  "
        count = _count(buffer)
        name = clean(buffer.name) if buffer.name != STATUS else self._server
        room = columns - len(label) - len(count) - 1
        shown = shorten(name, room)
        text = f"{label}{shown}{' ' * (room - width(shown))} "
        is_current = buffer.name == self._current
        style = "bold reverse" if is_current else "bold" if buffer.unread else ""
        if not (buffer.is_joined or buffer.timeline.is_direct or buffer.name == STATUS):
            style = f"{style} dim"
        row = Text(text, style=style.strip(), no_wrap=True)
        count_style = "bold red" if buffer.mentions else "bold cyan"
        return row.append(count, style=count_style)

    def on_click(self, event: Click) -> None:
        """Choose the buffer under the mouse."""
        index = self._first + event.y
        if 0 <= index < len(self._buffers):
            self.post_message(self.Chosen(self._buffers[index].name))


def _count(buffer: Buffer) -> str:
    """Return the number of unread messages, with a mark if one mentions us."""
    if not buffer.unread:
        return ""
    number = str(buffer.unread) if buffer.unread <= MAX_COUNT else f"{MAX_COUNT}+"
    return f"@{number}" if buffer.mentions else number
