"""The input: several lines, sent with Enter."""

from textual.binding import Binding
from textual.events import Key
from textual.message import Message
from textual.widgets import TextArea

from app.client.screen.defects import ContainsDefects

MAX_LINES = 8  # shown at once


class Composer(ContainsDefects, TextArea):
    """A text to be sent. Enter sends it, Alt-Enter begins another line."""

    DEFAULT_CSS = """
    Composer { height: auto; min-height: 1; max-height: 8; border: none; padding: 0 1; }
    Composer:focus { border: none; }
    """
    BINDINGS = [
        Binding("alt+enter", "newline", "Another line", id="newline"),
    ]

    class Submitted(Message):
        """The user has finished a text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(
            id="composer",
            compact=True,
            highlight_cursor_line=False,
            placeholder="Message",
            show_line_numbers=False,
        )

    async def _on_key(self, event: Key) -> None:
        if event.key == "enter":
            event.prevent_default()
            event.stop()
            text, self.text = self.text, ""
            if text.strip():
                self.post_message(self.Submitted(text))
            return
        await super()._on_key(event)

    def action_newline(self) -> None:
        """Begin another line."""
        self.insert("\n")
