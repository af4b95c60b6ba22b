"""The list of rooms and conversations, with their unread messages."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.message import Message

from app.client.screen.message_lines.cells import cell_width
from app.client.screen.widgets.list_pane import ListPane, fit
from app.client.workspace.buffer import STATUS, Buffer
from app.text.sanitise import clean

MAX_COUNT = 999  # a larger number is shown as "999+"
MAX_NUMBERED = 9  # with a key of their own
MUTED = "⊘"
DRAFT = "✎"
DIRECT_HEADING = "Direct messages"


class RoomList(ListPane[Buffer | str]):
    """Shows the buffers in the order of the list; the direct ones are below a heading.

    No information is in colour alone: mentions have an @, muted buffers and drafts a mark, and
    parted rooms brackets.
    """

    COMPONENT_CLASSES = {
        "list-pane--cursor",
        "room-list--current",
        "room-list--unread",
        "room-list--dimmed",
        "room-list--heading",
        "room-list--count",
        "room-list--mentions",
    }
    DEFAULT_CSS = """
    RoomList { width: 22; height: 1fr; border-right: solid $panel; padding-right: 1; }
    RoomList > .list-pane--cursor { text-style: underline; }
    RoomList > .room-list--current { text-style: bold reverse; }
    RoomList > .room-list--unread { text-style: bold; }
    RoomList > .room-list--dimmed { text-style: dim; }
    RoomList > .room-list--heading { text-style: dim italic; }
    RoomList > .room-list--count { color: $accent; text-style: bold; }
    RoomList > .room-list--mentions { color: $error; text-style: bold; }
    """

    class RoomChosen(Message):
        """The user chose a buffer."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.buffer_name = name

    def __init__(self, server: str) -> None:
        super().__init__("rooms")
        self._server = server
        self._current = STATUS
        self._numbers: dict[str, int] = {}

    def show(self, buffers: Sequence[Buffer], current: str) -> None:
        """Show the buffers; `current` is the name of the one whose messages are shown."""
        self._numbers = {one.name: number for number, one in enumerate(buffers[: MAX_NUMBERED + 1])}
        first_direct = next((i for i, one in enumerate(buffers) if one.timeline.is_direct), len(buffers))
        direct = buffers[first_direct:]
        heading = [DIRECT_HEADING] if direct else []
        self.show_rows([*buffers[:first_direct], *heading, *direct])
        if current != self._current:
            self._current = current
            self._reveal_current()

    def _reveal_current(self) -> None:
        for index, row in enumerate(self.rows):
            if isinstance(row, Buffer) and row.name == self._current:
                self.cursor = index
                self.reveal(index)

    def is_choosable(self, row: Buffer | str) -> bool:
        """Whether this is not a heading."""
        return isinstance(row, Buffer)

    def choose(self, row: Buffer | str) -> None:
        """Report the chosen buffer."""
        if isinstance(row, Buffer):
            self.post_message(self.RoomChosen(row.name))

    def lay_out(self, row: Buffer | str, columns: int) -> list[Segment]:
        """Return a heading, or the number, name and unread messages of a buffer."""
        if isinstance(row, str):
            return [self.styled(fit(f" {row}", columns), "room-list--heading")]
        number = self._numbers.get(row.name, 0)
        label = f"{number} " if number else "  "
        count = self._describe_count(row)
        name = fit(label + self._describe(row), columns - cell_width(count) - 1)
        text = (
            self.styled(f"{name} ", component) if (component := self._component(row)) else Segment(f"{name} ")
        )
        return [text, self.styled(count, _count_component(row))]

    def _describe(self, buffer: Buffer) -> str:
        name = clean(buffer.name) if buffer.name != STATUS else self._server
        if buffer.is_parted:
            name = f"({name})"
        return f"{name} {MUTED}" if buffer.is_muted else name

    def _describe_count(self, buffer: Buffer) -> str:
        """Return the number of unread messages, after a mark if a draft was left here."""
        has_draft = buffer.draft.strip() and buffer.name != self._current
        return " ".join(filter(None, [DRAFT if has_draft else "", format_count(buffer)]))

    def _component(self, buffer: Buffer) -> str:
        if buffer.name == self._current:
            return "room-list--current"
        if buffer.is_muted or buffer.is_parted:
            return "room-list--dimmed"
        return "room-list--unread" if buffer.unread else ""


def _count_component(buffer: Buffer) -> str:
    if buffer.mentions:
        return "room-list--mentions"
    return "room-list--dimmed" if buffer.is_muted else "room-list--count"


def format_count(buffer: Buffer) -> str:
    """Return the number of unread messages, and after an @ that of the mentions among them."""
    if not buffer.unread:
        return ""
    mentions = f"@{_bounded(buffer.mentions)} " if buffer.mentions else ""
    return f"{mentions}{_bounded(buffer.unread)}"


def _bounded(number: int) -> str:
    return str(number) if number <= MAX_COUNT else f"{MAX_COUNT}+"
