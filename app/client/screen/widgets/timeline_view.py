"""The view of a timeline: lays out its visible lines, scrolls, and paints changed lines."""

from datetime import date

from textual.events import MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Offset, Region
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from app.client.display.display_context import DisplayContext
from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.message_lines.line_layout import LineLayout
from app.client.screen.message_lines.spans import body_of
from app.client.screen.message_lines.text_selection import FAR_RIGHT, selected_part, to_row
from app.client.screen.message_lines.viewport import Viewport, VisibleLine
from app.client.screen.widgets.base_style import BaseStyle
from app.client.screen.widgets.line_painter import GUTTER_COLUMNS, LINE_CLASSES, LINE_CSS, LinePainter
from app.client.timeline.edge import EdgeState
from app.client.timeline.entry import Entry
from app.client.timeline.timeline import Timeline

WHEEL_LINES = 3  # scrolled by one step of the mouse wheel
MAX_VIEWPORTS = 100  # the position in a room that was shown longer ago is forgotten


class TimelineView(ErrorBoundary, BaseStyle):
    """A view of a timeline; only its visible lines are laid out, and only when it has changed."""

    COMPONENT_CLASSES = LINE_CLASSES
    DEFAULT_CSS = f"TimelineView {{ height: 1fr; padding-right: 1; }}\n{LINE_CSS}"

    class OlderNeeded(Message):
        """The first loaded entry of a timeline is near."""

        def __init__(self, timeline: Timeline) -> None:
            super().__init__()
            self.timeline = timeline

    class NewerNeeded(Message):
        """The last loaded entry of a timeline is near, and it does not extend to the latest one."""

        def __init__(self, timeline: Timeline) -> None:
            super().__init__()
            self.timeline = timeline

    class PositionChanged(Message):
        """The view was scrolled, or another message was selected."""

    def __init__(self, context: DisplayContext, timeline: Timeline, *, id: str = "messages") -> None:
        super().__init__(id=id)
        self._display_context = context
        self._viewports: dict[Timeline, Viewport] = {}
        self.viewport = self._viewport_of(timeline)
        self._line_layout: LineLayout | None = None
        # The lines, their layout, and the selected entry, as they are painted.
        self._painted: tuple[list[VisibleLine], LineLayout | None, int | None] = ([], None, None)
        self._painter = LinePainter(self)

    def show(self, timeline: Timeline) -> None:
        """Show another timeline at its last position."""
        self.viewport = self._viewport_of(timeline)
        self.update()

    def _viewport_of(self, timeline: Timeline) -> Viewport:
        viewport = self._viewports.pop(timeline, None) or Viewport(timeline)
        self._viewports[timeline] = viewport
        if len(self._viewports) > MAX_VIEWPORTS:
            del self._viewports[next(iter(self._viewports))]
        return viewport

    def show_instead(self, timeline: Timeline, difference: int) -> None:
        """Show another timeline at the same place; its numbers are higher by `difference`."""
        shown = self.viewport
        self.viewport = self._viewports[timeline] = shown.moved_to(timeline, difference)
        self.update()

    def forget(self, timeline: Timeline) -> None:
        """Forget the position in a timeline."""
        self._viewports.pop(timeline, None)

    @property
    def timeline(self) -> Timeline:
        """The timeline that is shown."""
        return self.viewport.timeline

    @property
    def sees_end(self) -> bool:
        """Whether the latest messages are visible."""
        return self.timeline.is_live and self.viewport.follows_end

    @property
    def last_visible_entry(self) -> Entry | None:
        """The entry of the last visible line, or None."""
        numbers = (line.number for line in reversed(self.painted_lines) if line.number is not None)
        return self.timeline.find_entry(next(numbers, None))

    @property
    def first_day(self) -> date | None:
        """The day of the first visible entry."""
        number = max(self.viewport.top, self.timeline.first_number)
        entry = self.timeline.find_entry(number)
        return self._display_context.to_local(entry.at).date() if entry else None

    @property
    def selected_entry(self) -> Entry | None:
        """The message that is selected, or None."""
        return self.viewport.selected_entry

    @property
    def line_layout(self) -> LineLayout:
        """The layout for the current width."""
        columns = self.content_size.width - GUTTER_COLUMNS
        if self._line_layout is None or self._line_layout.width != columns:
            self._line_layout = LineLayout(self._display_context, columns)
        return self._line_layout

    @property
    def page_lines(self) -> int:
        """The number of lines that are visible at once."""
        return max(self.content_size.height, 1)

    def update(self) -> None:
        """Show the current state of the timeline."""
        painted = self._painted
        self._lay_out()
        self._repaint(*painted)
        self._request_history()

    def _lay_out(self) -> None:
        """Choose the lines to be painted."""
        lines = self.viewport.lines(self.line_layout, self.page_lines)
        missing = self.page_lines - len(lines)
        lines = [VisibleLine([], None)] * missing + lines
        self._painted = (lines, self.line_layout, self.viewport.selected)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines within a region, laid out for a size that may be new."""
        if self._painted[1] is not self.line_layout or len(self.painted_lines) != self.page_lines:
            self._lay_out()
        return super().render_lines(crop)

    def _repaint(self, lines: list[VisibleLine], layout: LineLayout | None, selected: int | None) -> None:
        """Draw the lines that differ from those that were painted last."""
        numbers = {selected, self.viewport.selected} if selected != self.viewport.selected else set()
        if layout is not self.line_layout or len(lines) != len(self.painted_lines):
            self.refresh()
            return
        changed = [
            Region(0, row, self.size.width, 1)
            for row, (old, new) in enumerate(zip(lines, self.painted_lines, strict=True))
            if old != new or (new.number in numbers and new.number is not None)
        ]
        if changed:
            self.refresh(*changed)

    @property
    def painted_lines(self) -> list[VisibleLine]:
        """The lines that are painted."""
        return self._painted[0]

    def _request_history(self) -> None:
        timeline = self.timeline
        if self.viewport.is_near_start and timeline.older.state is EdgeState.OPEN:
            self.post_message(self.OlderNeeded(timeline))
        if self.viewport.is_near_end and timeline.newer.state is EdgeState.OPEN:
            self.post_message(self.NewerNeeded(timeline))

    # Movement

    def scroll_lines(self, count: int) -> None:
        """Scroll down by a number of lines, or up if it is negative; retry a failed request."""
        if count < 0 and self.viewport.is_at_start and self.timeline.older.is_open:
            self.post_message(self.OlderNeeded(self.timeline))
        if count > 0 and self.viewport.is_near_end and self.timeline.newer.is_open:
            self.post_message(self.NewerNeeded(self.timeline))
        self.viewport.scroll(self.line_layout, self.page_lines, count)
        self.show_position()

    def go_to_end(self) -> None:
        """Show the latest messages."""
        self.viewport.go_to_end()
        self.show_position()

    def go_to_start(self) -> None:
        """Show the oldest messages that are loaded."""
        self.viewport.go_to_start(self.line_layout)
        self.show_position()

    def go_to(self, number: int) -> None:
        """Show an entry at the top."""
        self.viewport.go_to(self.line_layout, number)
        self.show_position()

    def select(self, number: int | None) -> None:
        """Select an entry, and scroll until it is visible."""
        self.viewport.select(self.line_layout, self.page_lines, number)
        self.show_position()

    def centre(self, number: int) -> None:
        """Select an entry, and show it in the middle."""
        self.viewport.selected = number
        self.viewport.go_to(self.line_layout, number, self.page_lines // 2)
        self.show_position()

    def show_position(self) -> None:
        """Draw the view after its position or selection has changed, and report the change."""
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

    # Painting

    def render_line(self, y: int) -> Strip:
        """Return a line of the widget's content."""
        if not 0 <= y < len(self.painted_lines):
            return Strip.blank(self.content_size.width, self.base_style)
        visible = self.painted_lines[y]
        if visible.number is None:
            return self._painter.paint(visible.line, self.content_size.width)
        row = to_row(visible.number, visible.body)
        selection = self.text_selection
        body = body_of(visible.line)
        selected = selected_part(
            self.bound_selection(selection) if selection else None, row, body.end - body.start if body else 0
        )
        return self._painter.paint(
            visible.line,
            self.content_size.width,
            is_selected=visible.number == self.viewport.selected,
            row=row,
            selected=selected,
        )

    def bound_selection(self, selection: Selection) -> Selection:
        """Return a selection that extends beyond the view as one that ends at its edges."""
        rows = [to_row(line.number, line.body) for line in self.painted_lines if line.number is not None]
        if not rows:
            return selection
        start = Offset(0, rows[0]) if selection.start is None else selection.start
        end = Offset(FAR_RIGHT, rows[-1]) if selection.end is None else selection.end
        return Selection(start, end)
