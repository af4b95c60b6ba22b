"""The messages of a timeline, with what clicking and dragging does in them."""

from textual.events import Click
from textual.message import Message
from textual.selection import Selection

from app.client.screen.message_lines.spans import Role, reaction_at
from app.client.screen.message_lines.text_selection import TextSelection
from app.client.screen.message_lines.viewport import VisibleLine
from app.client.screen.widgets.timeline_view import TimelineView
from app.client.timeline.entry import Entry


class MessageView(TimelineView):
    """A timeline view in which messages, quotes and reactions can be clicked, and text selected."""

    class QuoteClicked(Message):
        """The quote above a reply was clicked."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

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

    def on_click(self, event: Click) -> None:
        """Select the message; at the second click the word, at the third the whole text."""
        event.prevent_default()
        offset = event.get_content_offset(self)
        if offset is None or not 0 <= offset.y < len(self.painted_lines):
            return
        line = self.painted_lines[offset.y]
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
            self.post_message(self.QuoteClicked(entry))
        elif entry.is_message and not self.screen.get_selected_text():
            self.select(number)

    def toggle(self, number: int) -> None:
        """Show all events of an entry, or only their summary."""
        self.timeline.toggle(self.timeline.get_entry(number))
        self.show_position()

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

    # Text selected by dragging

    @property
    def _text_selection(self) -> TextSelection:
        return TextSelection(self.timeline, self.line_layout)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text and its terminator, as Textual expects."""
        return self._text_selection.extract(self.bound_selection(selection)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection."""
        self.refresh()
