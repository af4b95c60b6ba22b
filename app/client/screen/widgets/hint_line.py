"""The line above the input, which shows the message that a reply or an edit refers to."""

from rich.text import Text
from textual.widget import Widget

from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.message_lines.cells import shorten
from app.text.sanitise import clean


class HintLine(ErrorBoundary, Widget):
    """Shows a hint, or nothing."""

    DEFAULT_CSS = """
    HintLine { height: 1; padding: 0 1; display: none; text-style: italic; }
    """

    def __init__(self) -> None:
        super().__init__(id="hint")
        self._hint = ""

    def show(self, hint: str) -> None:
        """Show a hint, or nothing if it is empty."""
        self._hint = clean(hint)
        self.display = bool(hint)
        self.refresh()

    def render(self) -> Text:
        """Return the hint, as far as it fits."""
        return Text(shorten(self._hint, max(self.content_size.width, 1)), no_wrap=True)
