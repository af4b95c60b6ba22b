"""The messages of a timeline."""

from datetime import date

from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Offset, Region
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from app.client.display.event_text import DisplayContext
from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.message_lines.lines import LineLayout
from app.client.screen.message_lines.spans import Role, body_of, reaction_at
from app.client.screen.message_lines.text_selection import FAR_RIGHT, TextSelection, selected_part, to_row
from app.client.screen.message_lines.viewport import Viewport, VisibleLine
from app.client.screen.widgets.base_style import BaseStyle
from app.client.screen.widgets.line_strip import GUTTER_COLUMNS, LinePainter
from app.client.timeline.edge import EdgeState
from app.client.timeline.entry import Entry
from app.client.timeline.timeline import Timeline

WHEEL_LINES = 3  # scrolled by one step of the mouse wheel
MAX_VIEWPORTS = 100  # the position in a room that was shown longer ago is forgotten


class MessageView(ErrorBoundary, BaseStyle):
    """Shows a timeline; only its visible lines are laid out, and only when it has changed."""

    COMPONENT_CLASSES = {f"message-view--{role.value}" for role in Role} | {
        "message-view--selected",
        "message-view--link",
    }
    DEFAULT_CSS = """
    MessageView { height: 1fr; padding-right: 1; }
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
    MessageView > .message-view--selected { background: $surface; text-style: bold; }
    MessageView > .message-view--link { text-style: underline; }
    """

    class EdgeReached(Message):
        """An end of what is loaded is near: older messages are wanted, or newer ones."""

        def __init__(self, timeline: Timeline, is_start: bool) -> None:
            super().__init__()
            self.timeline = timeline
            self.is_start = is_start

    class PositionChanged(Message):
        """The view was scrolled, or another message was selected."""

    class OriginalWanted(Message):
        """The quote above a reply was clicked."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

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
        """Show another timeline, where it was left."""
        self.viewport = self._viewport_of(timeline)
        self.update()

    def _viewport_of(self, timeline: Timeline) -> Viewport:
        viewport = self._viewports.pop(timeline, None) or Viewport(timeline)
        self._viewports[timeline] = viewport
        if len(self._viewports) > MAX_VIEWPORTS:
            del self._viewports[next(iter(self._viewports))]
        return viewport

    def show_instead(self, timeline: Timeline, difference: int) -> None:
        """Show another timeline at the same place; its entries have numbers higher by this."""
        shown = self.viewport
        self.viewport = self._viewports[timeline] = shown.moved_to(timeline, difference)
        self.update()

    def forget(self, timeline: Timeline) -> None:
        """Forget where a timeline was left."""
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
        numbers = (line.number for line in reversed(self._lines) if line.number is not None)
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
        self._report_edges()

    def _lay_out(self) -> None:
        """Choose the lines to be painted."""
        lines = self.viewport.lines(self.line_layout, self.page_lines)
        missing = self.page_lines - len(lines)
        lines = [VisibleLine([], None)] * missing + lines
        self._painted = (lines, self.line_layout, self.viewport.selected)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines within a region, laid out for a size that may be new."""
        if self._painted[1] is not self.line_layout or len(self._lines) != self.page_lines:
            self._lay_out()
        return super().render_lines(crop)

    def _repaint(self, lines: list[VisibleLine], layout: LineLayout | None, selected: int | None) -> None:
        """Draw the lines that differ from those that were painted last."""
        numbers = {selected, self.viewport.selected} if selected != self.viewport.selected else set()
        if layout is not self.line_layout or len(lines) != len(self._lines):
            self.refresh()
            return
        changed = [
            Region(0, row, self.size.width, 1)
            for row, (old, new) in enumerate(zip(lines, self._lines, strict=True))
            if old != new or (new.number in numbers and new.number is not None)
        ]
        if changed:
            self.refresh(*changed)

    @property
    def _lines(self) -> list[VisibleLine]:
        """The lines that are painted."""
        return self._painted[0]

    def _report_edges(self) -> None:
        timeline = self.timeline
        if self.viewport.is_near_start and timeline.older.state is EdgeState.OPEN:
            self.post_message(self.EdgeReached(timeline, is_start=True))
        if self.viewport.is_near_end and timeline.newer.state is EdgeState.OPEN:
            self.post_message(self.EdgeReached(timeline, is_start=False))

    # Movement

    def scroll_lines(self, count: int) -> None:
        """Scroll down by a number of lines, or up if it is negative; what failed is tried again."""
        if count < 0 and self.viewport.is_at_start and self.timeline.older.is_open:
            self.post_message(self.EdgeReached(self.timeline, is_start=True))
        if count > 0 and self.viewport.is_near_end and self.timeline.newer.is_open:
            self.post_message(self.EdgeReached(self.timeline, is_start=False))
        self.viewport.scroll(self.line_layout, self.page_lines, count)
        self._show_position()

    def go_to_end(self) -> None:
        """Show the latest messages."""
        self.viewport.go_to_end()
        self._show_position()

    def go_to_start(self) -> None:
        """Show the oldest messages that are loaded."""
        self.viewport.go_to_start(self.line_layout)
        self._show_position()

    def go_to(self, number: int) -> None:
        """Show an entry at the top."""
        self.viewport.go_to(self.line_layout, number)
        self._show_position()

    def select(self, number: int | None) -> None:
        """Select an entry, and scroll until it is visible."""
        self.viewport.select(self.line_layout, self.page_lines, number)
        self._show_position()

    def centre(self, number: int) -> None:
        """Select an entry, and show it in the middle."""
        self.viewport.selected = number
        self.viewport.go_to(self.line_layout, number, self.page_lines // 2)
        self._show_position()

    def _show_position(self) -> None:
        self.update()
        self.post_message(self.PositionChanged())

    def on_resize(self, event: Resize) -> None:
        """Lay out the lines for the new size."""
        self.update()

    # The mouse

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Scroll up."""
        self.scroll_lines(-WHEEL_LINES)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Scroll down."""
        self.scroll_lines(WHEEL_LINES)

    def on_click(self, event: Click) -> None:
        """Select the message; at the second click the word, at the third the whole text."""
        event.prevent_default()
        offset = event.get_content_offset(self)
        if offset is None or not 0 <= offset.y < len(self._lines):
            return
        line = self._lines[offset.y]
        if line.number is None:
            return
        if event.chain == 1:
            self._click_line(line, line.number, offset.x)
        else:
            self._select_text(event, line.number)

    def _click_line(self, line: VisibleLine, number: int, column: int) -> None:
        entry = self.timeline.get_entry(number)
        if entry.is_expandable:
            self.toggle(number)
        elif label := reaction_at(line.line, column):
            self.post_message(self.ReactionClicked(entry, label))
        elif any(span.role is Role.QUOTE for span in line.line):
            self.post_message(self.OriginalWanted(entry))
        elif entry.is_message and not self.screen.get_selected_text():
            self.select(number)

    def toggle(self, number: int) -> None:
        """Show all events of an entry, or only their summary."""
        self.timeline.toggle(self.timeline.get_entry(number))
        self._show_position()

    def _select_text(self, event: Click, number: int) -> None:
        _, point = self.screen.get_widget_and_offset_at(event.screen_x, event.screen_y)
        selection = self._text_selection.whole(number)
        if event.chain == 2:
            word = self._text_selection.word_at(point) if point is not None else None
            if word is None:
                return
            selection = word
        self.screen.selections = {self: selection}
        self.post_message(self.TextChosen(self._text_selection.extract(selection)))

    class ReactionClicked(Message):
        """A reaction below a message was clicked; `label` is as it is displayed."""

        def __init__(self, entry: Entry, label: str) -> None:
            super().__init__()
            self.entry = entry
            self.label = label

    class TextChosen(Message):
        """A text was selected by clicks, to be copied."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    # Text selected by dragging

    @property
    def _text_selection(self) -> TextSelection:
        return TextSelection(self.timeline, self.line_layout)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text, and what is after it."""
        return self._text_selection.extract(self._bounded(selection)), "\n"

    def _bounded(self, selection: Selection) -> Selection:
        """Return a selection that extends beyond the view as one that ends at its edges."""
        rows = [to_row(line.number, line.body) for line in self._lines if line.number is not None]
        if not rows:
            return selection
        start = Offset(0, rows[0]) if selection.start is None else selection.start
        end = Offset(FAR_RIGHT, rows[-1]) if selection.end is None else selection.end
        return Selection(start, end)

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a line of the widget's content."""
        if not 0 <= y < len(self._lines):
            return Strip.blank(self.content_size.width, self.base_style)
        visible = self._lines[y]
        if visible.number is None:
            return self._painter.paint(visible.line, self.content_size.width)
        row = to_row(visible.number, visible.body)
        selection = self.text_selection
        body = body_of(visible.line)
        selected = selected_part(
            self._bounded(selection) if selection else None, row, body.end - body.start if body else 0
        )
        return self._painter.paint(
            visible.line,
            self.content_size.width,
            is_selected=visible.number == self.viewport.selected,
            row=row,
            selected=selected,
        )
