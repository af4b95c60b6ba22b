"""The line with the name and topic of the current room, and the day of the first message."""

from rich.text import Text
from textual.widget import Widget

from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.message_lines.cells import cell_width, shorten
from app.client.screen.widgets.list_pane import fit


class TopicLine(ErrorBoundary, Widget):
    """One line above the messages; it is drawn again only if its text has changed."""

    DEFAULT_CSS = """
    TopicLine { height: 1; padding: 0 1; text-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__(id="topic")
        self._text = ""
        self._day = ""

    def show(self, text: str, day: str = "") -> None:
        """Show a sanitised text, and a day at the right."""
        if (text, day) != (self._text, self._day):
            self._text, self._day = text, day
            self.refresh()

    def render(self) -> Text:
        """Return the line."""
        columns = max(self.content_size.width, 1)
        day = shorten(f"  {self._day}" if self._day else "", columns)
        room = columns - cell_width(day)
        return Text((fit(self._text, room) if day else shorten(self._text, room)) + day, no_wrap=True)
