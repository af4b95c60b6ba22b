"""The messages of the current room."""

from rich.segment import Segment
from rich.style import Style
from textual.events import MouseScrollDown, MouseScrollUp, Resize
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from app.client.display.event_text import DisplayContext
from app.client.screen.lines import Line, LineLayout, Role, Span
from app.client.screen.theme import nick_style
from app.client.screen.viewport import Viewport, VisibleLine
from app.client.timeline.timeline import Timeline
from app.text.columns import width

WHEEL_LINES = 3  # scrolled by one step of the mouse wheel


class MessageView(Widget):
    """Shows a timeline; the lines are laid out anew when it changes, but only the visible ones."""

    COMPONENT_CLASSES = {f"message-view--{role.value}" for role in Role} | {"message-view--selected"}
    DEFAULT_CSS = """
    MessageView { height: 1fr; padding: 0 1; }
    MessageView > .message-view--time { text-style: dim; }
    MessageView > .message-view--rule { text-style: dim; }
    MessageView > .message-view--event { text-style: dim; }
    MessageView > .message-view--info { text-style: italic; }
    MessageView > .message-view--notice { text-style: italic; }
    MessageView > .message-view--quote { text-style: dim italic; }
    MessageView > .message-view--redacted { text-style: dim italic; }
    MessageView > .message-view--my-nick { text-style: bold; }
    MessageView > .message-view--nick { text-style: bold; }
    MessageView > .message-view--pending { text-style: dim; }
    MessageView > .message-view--mention { text-style: bold reverse; }
    MessageView > .message-view--new { color: $error; text-style: bold; }
    MessageView > .message-view--failed { color: $error; }
    MessageView > .message-view--error { color: $error; }
    MessageView > .message-view--reaction { background: $surface; }
    MessageView > .message-view--my-reaction { text-style: bold; background: $surface; }
    MessageView > .message-view--selected { background: $boost; text-style: bold; }
    """

    class StartReached(Message):
        """The oldest entry is visible: older messages are wanted."""

        def __init__(self, timeline: Timeline) -> None:
            super().__init__()
            self.timeline = timeline

    class PositionChanged(Message):
        """The view was scrolled, or another message was selected."""

    def __init__(self, context: DisplayContext, timeline: Timeline) -> None:
        super().__init__(id="messages")
        self._display_context = context
        self._viewports: dict[Timeline, Viewport] = {}
        self.viewport = self._viewport_of(timeline)
        self._line_layout: LineLayout | None = None
        self._lines: list[VisibleLine] = []
        self._shown_version = -1

    def show(self, timeline: Timeline) -> None:
        """Show another timeline, where it was left."""
        self.viewport = self._viewport_of(timeline)
        self.update()

    def _viewport_of(self, timeline: Timeline) -> Viewport:
        return self._viewports.setdefault(timeline, Viewport(timeline))

    @property
    def line_layout(self) -> LineLayout:
        """The layout for the current width."""
        columns = max(self.content_size.width, 20)
        if self._line_layout is None or self._line_layout.columns != columns:
            self._line_layout = LineLayout(self._display_context, columns)
        return self._line_layout

    @property
    def page_lines(self) -> int:
        """The number of lines that are visible at once."""
        return max(self.content_size.height, 1)

    def update(self) -> None:
        """Lay out the visible lines again."""
        self._lines = self.viewport.lines(self.line_layout, self.page_lines)
        missing = self.page_lines - len(self._lines)
        self._lines = [VisibleLine([], None)] * missing + self._lines
        self.refresh()
        if missing or self.viewport.is_at_start:
            self.post_message(self.StartReached(self.viewport.timeline))

    def scroll_lines(self, count: int) -> None:
        """Scroll down by a number of lines, or up if it is negative."""
        self.viewport.scroll(self.line_layout, self.page_lines, count)
        self.update()
        self.post_message(self.PositionChanged())

    def go_to_end(self) -> None:
        """Show the latest messages."""
        self.viewport.go_to_end()
        self.update()
        self.post_message(self.PositionChanged())

    def go_to(self, index: int) -> None:
        """Show an entry at the top."""
        self.viewport.go_to(index)
        self.update()
        self.post_message(self.PositionChanged())

    def select(self, index: int | None) -> None:
        """Select an entry, and scroll until it is visible."""
        self.viewport.select(self.line_layout, self.page_lines, index)
        self.update()
        self.post_message(self.PositionChanged())

    def on_resize(self, event: Resize) -> None:
        """Lay out the lines for the new size."""
        self.update()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Scroll up."""
        self.scroll_lines(-WHEEL_LINES)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Scroll down."""
        self.scroll_lines(WHEEL_LINES)

    def render_line(self, y: int) -> Strip:
        """Return a line of the widget's content."""
        columns = self.content_size.width
        if not 0 <= y < len(self._lines):
            return Strip.blank(columns, self.rich_style)
        visible = self._lines[y]
        is_selected = visible.index is not None and visible.index == self.viewport.selected
        segments = self._segments(visible.line, is_selected)
        used = sum(width(span.text) for span in visible.line)
        padding = Segment(" " * max(columns - used, 0), self._row_style(is_selected))
        return Strip([*segments, padding], max(columns, used))

    def _row_style(self, is_selected: bool) -> Style:
        if not is_selected:
            return self.rich_style
        return self.rich_style + self.get_component_rich_style("message-view--selected", partial=True)

    def _segments(self, line: Line, is_selected: bool) -> list[Segment]:
        base = self._row_style(is_selected)
        return [Segment(span.text, base + self._style_of(span)) for span in line]

    def _style_of(self, span: Span) -> Style:
        style = self.get_component_rich_style(f"message-view--{span.role.value}", partial=True)
        if span.role in (Role.NICK, Role.MY_NICK, Role.MENTION):
            style += nick_style(span.text.strip("-"))
        return style
