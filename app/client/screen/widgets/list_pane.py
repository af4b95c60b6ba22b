"""A list of lines that scrolls and in which one can be chosen, by key or by mouse."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from rich.segment import Segment
from textual.binding import Binding
from textual.events import Blur, Click, Focus, MouseScrollDown, MouseScrollUp, Resize
from textual.strip import Strip

from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.message_lines.cells import cell_width, shorten
from app.client.screen.widgets.base_style import BaseStyle

WHEEL_ROWS = 3  # scrolled by one step of the mouse wheel
Row = TypeVar("Row")


class ListPane(ErrorBoundary, BaseStyle, Generic[Row], can_focus=True):
    """A list; only its visible rows are laid out, so that its length costs nothing.

    The cursor is visible while the list has the focus; a click chooses a row without it.
    """

    FOCUS_ON_CLICK = False
    BINDINGS = [
        Binding("up", "move_cursor(-1)", "Previous line of a list", id="list-up", show=False),
        Binding("down", "move_cursor(1)", "Next line of a list", id="list-down", show=False),
        Binding("enter", "choose", "Choose the line of a list", id="list-choose", show=False),
    ]

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self.rows: Sequence[Row] = ()
        self.cursor = 0
        self.first = 0

    def lay_out(self, row: Row, columns: int) -> list[Segment]:
        """Return a row as sanitised text; its styles are added to that of the list."""
        raise NotImplementedError

    def choose(self, row: Row) -> None:
        """Act on the chosen row."""
        raise NotImplementedError

    def is_choosable(self, row: Row) -> bool:
        """Whether a row can be chosen, as opposed to a heading."""
        return True

    def styled(self, text: str, component: str) -> Segment:
        """Return a text in the style of a component class."""
        return Segment(text, self.get_component_rich_style(component, partial=True))

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows."""
        self.rows = rows
        self.cursor = min(self.cursor, max(len(rows) - 1, 0))
        self._show_from(self.first)
        self.refresh()

    def reveal(self, index: int) -> None:
        """Scroll until a row is visible."""
        height = max(self.content_size.height, 1)
        if index < self.first:
            self._show_from(index)
        elif index >= self.first + height:
            self._show_from(index - height + 1)

    def _show_from(self, first: int) -> None:
        last = max(len(self.rows) - max(self.content_size.height, 1), 0)
        first = min(max(first, 0), last)
        if first != self.first:
            self.first = first
            self.refresh()

    def action_move_cursor(self, step: int) -> None:
        """Move the cursor to the next row that can be chosen."""
        index = self.cursor + step
        while 0 <= index < len(self.rows) and not self.is_choosable(self.rows[index]):
            index += step
        if 0 <= index < len(self.rows):
            self.cursor = index
            self.reveal(index)
            self.refresh()

    def action_choose(self) -> None:
        """Choose the row at the cursor."""
        self._choose_at(self.cursor)

    def _choose_at(self, index: int) -> None:
        if 0 <= index < len(self.rows) and self.is_choosable(self.rows[index]):
            self.choose(self.rows[index])

    def on_click(self, event: Click) -> None:
        """Choose the row under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None:
            self._choose_at(self.first + offset.y)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Scroll up."""
        event.stop()
        self._show_from(self.first - WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Scroll down."""
        event.stop()
        self._show_from(self.first + WHEEL_ROWS)

    def on_resize(self, event: Resize) -> None:
        """Leave no empty lines at the end."""
        self._show_from(self.first)

    def on_focus(self, event: Focus) -> None:
        """Show the cursor."""
        self.reveal(self.cursor)
        self.refresh()

    def on_blur(self, event: Blur) -> None:
        """Hide the cursor."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a line of the list."""
        columns, index = self.content_size.width, self.first + y
        if not 0 <= index < len(self.rows) or columns <= 0:
            return Strip.blank(max(columns, 0), self.base_style)
        base = self.base_style
        if self.has_focus and index == self.cursor:
            base += self.get_component_rich_style("list-pane--cursor", partial=True)
        segments = [
            Segment(text, base + style if style else base)
            for text, style, _ in self.lay_out(self.rows[index], columns)
        ]
        used = sum(cell_width(segment.text) for segment in segments)
        return Strip([*segments, Segment(" " * max(columns - used, 0), base)]).crop(0, columns)


def fit(text: str, columns: int) -> str:
    """Return a text that fills a number of columns exactly."""
    shown = shorten(text, columns) if columns > 0 else ""
    return shown + " " * max(columns - cell_width(shown), 0)
