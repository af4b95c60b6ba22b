"""The name, the size and the topic of the current room."""

from rich.text import Text
from textual.widget import Widget

from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.message_lines.cells import shorten


class TopicLine(ErrorBoundary, Widget):
    """One line above the messages; it is drawn again only if its text has changed."""

    DEFAULT_CSS = """
    TopicLine { height: 1; padding: 0 1; text-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__(id="topic")
        self._text = ""

    def show(self, text: str) -> None:
        """Show a sanitised text."""
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> Text:
        """Return the line."""
        return Text(shorten(self._text, max(self.content_size.width, 1)), no_wrap=True)
