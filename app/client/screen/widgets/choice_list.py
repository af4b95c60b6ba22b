"""A list of choices, each with a label and a hint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.message_lines.cells import cell_width, shorten

T = TypeVar("T")
MAX_LABEL_COLUMNS = 40
MIN_COLUMNS = 20


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """A value to choose; label and hint are sanitised."""

    value: T
    label: str
    hint: str = ""


class ChoiceList(ErrorBoundary, Widget):
    """Shows choices, one a line, as many as fit; the chosen one is visible."""

    DEFAULT_CSS = """
    ChoiceList { height: auto; padding: 0 1; }
    """

    class Clicked(Message):
        """The user clicked on a choice."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, id: str, max_rows: int = 8) -> None:
        super().__init__(id=id)
        self.styles.max_height = max_rows
        self._max_rows = max_rows
        self._choices: Sequence[Choice[Any]] = ()
        self._chosen: int | None = None

    def show(self, choices: Sequence[Choice[Any]], chosen: int | None) -> None:
        """Show these choices, of which one or none is chosen."""
        self._choices, self._chosen = choices, chosen
        self.refresh(layout=True)

    @property
    def _first(self) -> int:
        """The first visible choice."""
        return max(0, (self._chosen or 0) - self._max_rows + 1)

    def render(self) -> Text:
        """Return the visible rows."""
        visible = self._choices[self._first : self._first + self._max_rows]
        columns = max(self.content_size.width, MIN_COLUMNS)
        widest = max((cell_width(one.label) for one in visible), default=0)
        label_columns = min(widest, MAX_LABEL_COLUMNS, columns)
        rows = [self._row(one, label_columns, columns) for one in visible]
        if self._chosen is not None and rows:
            rows[self._chosen - self._first].stylize("reverse")
        return Text("\n").join(rows)

    def _row(self, choice: Choice[Any], label_columns: int, columns: int) -> Text:
        label = shorten(choice.label, label_columns)
        row = Text(label, style="bold", no_wrap=True)
        hint_columns = columns - label_columns - 2
        if choice.hint and hint_columns > 0:
            padding = " " * (label_columns - cell_width(label) + 2)
            row.append(padding + shorten(choice.hint, hint_columns), style="not bold dim")
        return row

    def on_click(self, event: Click) -> None:
        """Report the choice under the mouse."""
        index = self._first + event.y
        if index < len(self._choices):
            self.post_message(self.Clicked(index))
