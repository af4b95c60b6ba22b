"""A dialog to choose one of many by typing a part of its name."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.widgets.choice_list import Choice, ChoiceList

T = TypeVar("T")
MAX_ROWS = 14
NOTHING_FOUND = [Choice("", "Nothing found")]


class Chooser(ErrorBoundary, ModalScreen[T | None], Generic[T]):
    """Filters choices as the user types; its result is the chosen value, or None."""

    DEFAULT_CSS = """
    Chooser { align: center middle; }
    Chooser > Vertical {
        width: 80%; max-width: 90; height: auto; border: round $accent; background: $background; padding: 0 1;
    }
    Chooser Input { border: none; height: 1; padding: 0 1; margin-bottom: 1; }
    """
    BINDINGS = [
        Binding("down,ctrl+n,tab", "move(1)", "Next", show=False, priority=True),
        Binding("up,ctrl+p,shift+tab", "move(-1)", "Previous", show=False, priority=True),
        Binding("escape,ctrl+c", "close", "Close", show=False, priority=True),
    ]

    def __init__(
        self,
        title: str,
        find: Callable[[str], Sequence[Choice[T]]],
        preview: Callable[[T], None] = lambda value: None,
    ) -> None:
        super().__init__()
        self._placeholder = title
        self._find = find
        self._preview = preview  # called with the value that Enter would choose
        self._choices: Sequence[Choice[T]] = ()
        self._index = 0

    def compose(self) -> ComposeResult:
        """Yield the input and the choices."""
        with Vertical():
            yield Input(placeholder=self._placeholder, compact=True)
            yield ChoiceList(id="choices", max_rows=MAX_ROWS)

    def on_mount(self) -> None:
        """Show the choices before anything is typed."""
        self._update("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the choices that match."""
        self._update(event.value)

    def _update(self, query: str) -> None:
        self._choices = self._find(query.strip())
        self._index = 0
        self._show()

    def refresh_choices(self) -> None:
        """Show what matches now, with the same place in the list chosen."""
        if self.is_mounted:
            self._choices = self._find(self.query_one(Input).value.strip())
            self._index = min(self._index, max(len(self._choices) - 1, 0))
            self._show()

    def _show(self) -> None:
        index = self._index if self._choices else None
        self.query_one(ChoiceList).show(self._choices or NOTHING_FOUND, index)
        if self._choices:
            self._preview(self._choices[self._index].value)

    def action_move(self, step: int) -> None:
        """Choose the next or the previous one."""
        if self._choices:
            self._index = (self._index + step) % len(self._choices)
            self._show()

    def action_close(self) -> None:
        """Choose nothing."""
        self.dismiss(None)

    def on_input_submitted(self) -> None:
        """Return the choice."""
        if self._choices:
            self.dismiss(self._choices[self._index].value)

    def on_choice_list_clicked(self, event: ChoiceList.Clicked) -> None:
        """Return the choice that was clicked."""
        if event.index < len(self._choices):
            self.dismiss(self._choices[event.index].value)
