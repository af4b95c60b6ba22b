"""Says why no connection is possible, above the input, which stays usable."""

from textual.widgets import Static

from app.client.screen.error_boundary import ErrorBoundary
from app.text.sanitise import clean


class FailureBar(ErrorBoundary, Static):
    """A sentence, and the keys that try again or end the program."""

    DEFAULT_CSS = """
    FailureBar { height: auto; max-height: 6; padding: 0 1; display: none; color: $error; text-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__(id="failure", markup=False)

    def explain(self, sentence: str, retry_key: str, quit_key: str) -> None:
        """Show a sentence about the failure."""
        self.update(f"{clean(sentence)}\n{retry_key} tries again · {quit_key} ends the program")
        self.display = True
