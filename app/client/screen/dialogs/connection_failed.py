"""Says why no connection is possible, and offers to try again."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from app.client.screen.defects import ContainsDefects
from app.text.sanitise import clean


class ConnectionFailed(ContainsDefects, ModalScreen[bool]):
    """A sentence about the failure; the result is whether to connect again. Drafts are kept."""

    DEFAULT_CSS = """
    ConnectionFailed { align: center middle; }
    ConnectionFailed > Vertical {
        width: 80%; max-width: 76; height: auto; max-height: 100%; padding: 1 2; border: round $error;
        background: $background;
    }
    ConnectionFailed Static { width: 1fr; height: auto; }
    ConnectionFailed .keys { margin-top: 1; text-style: bold; }
    """
    BINDINGS = [
        Binding("r,enter", "dismiss(True)", "Connect again", show=False),
        Binding("q", "dismiss(False)", "End the program", show=False),
    ]

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self._sentence = sentence

    def compose(self) -> ComposeResult:
        """Yield the sentence and the keys."""
        with Vertical():
            yield Static(clean(self._sentence), markup=False)
            yield Static("R try again · Q end the program", classes="keys", markup=False)
