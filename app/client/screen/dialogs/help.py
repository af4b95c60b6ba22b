"""The help: all keys and commands, with a filter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.keys import COMPOSER_KEYS, KEYS, MESSAGE_KEYS, format_keys
from app.client.screen.message_lines.cells import cell_width
from app.client.ui.command_registry import SlashCommands
from app.text.sanitise import clean

GAP = "  "
MAX_LEFT_COLUMNS = 34  # a longer left side has its right side in the next line


@dataclass(frozen=True, slots=True)
class HelpRow:
    """A key or a command, and what it does."""

    left: str
    right: str

    def matches(self, words: Sequence[str]) -> bool:
        """Whether the row contains all words, in any case."""
        text = f"{self.left} {self.right}".casefold()
        return all(word in text for word in words)


HelpSections = Sequence[tuple[str, Sequence[HelpRow]]]


def list_help(keys: Mapping[str, str], commands: SlashCommands, files: Sequence[Path]) -> HelpSections:
    """Return the keys in use, by the ids of their bindings, the commands and the settings files."""
    rows, message_rows = (
        [HelpRow(keys[binding.id], binding.description) for binding in group if binding.id]
        for group in (KEYS, MESSAGE_KEYS)
    )
    rows = [row for row in rows if not row.right.startswith("Room ")]
    rows.append(HelpRow(f"{keys['room-1']} … {keys['room-9']}", "Room 1 to room 9"))
    fixed = [HelpRow(format_keys(binding.key), binding.description) for binding in COMPOSER_KEYS]
    sections = [("Keys", rows), ("In the input", fixed), ("While a message is selected", message_rows)]
    groups = [
        (title, [HelpRow(command.names, command.summary) for command in group])
        for title, group in commands.groups.items()
    ]
    settings = [HelpRow("Settings file", str(file)) for file in files]
    settings = settings or [HelpRow("Settings file", "none; chat-client setup writes one")]
    return [*sections, *groups, ("Settings", settings)]


class HelpScreen(ErrorBoundary, ModalScreen[None]):
    """A list that scrolls, with an input that filters it."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > Vertical {
        width: 90%; max-width: 100; height: 90%; border: round $accent; background: $background;
        padding: 0 1;
    }
    HelpScreen Input { border: none; height: 1; padding: 0; }
    HelpScreen VerticalScroll { height: 1fr; }
    HelpScreen Static { height: auto; }
    HelpScreen #help-keys { height: 1; text-style: dim; }
    """
    BINDINGS = [
        Binding("escape,f1", "dismiss", "Close the help", show=False),
        Binding("down", "scroll_help(1)", show=False, priority=True),
        Binding("up", "scroll_help(-1)", show=False, priority=True),
        Binding("pagedown", "page_help(1)", show=False, priority=True),
        Binding("pageup", "page_help(-1)", show=False, priority=True),
    ]

    def __init__(self, sections: HelpSections) -> None:
        super().__init__()
        self._sections = sections

    def compose(self) -> ComposeResult:
        """Yield the input and the list."""
        with Vertical():
            yield Input(placeholder="Search keys and commands", compact=True)
            with VerticalScroll(can_focus=False):
                yield Static(self._render_sections(""), id="help-text", markup=False)
            yield Static("Up/Down scroll · Esc closes", id="help-keys", markup=False)

    def on_mount(self) -> None:
        """Focus the filter."""
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the rows that contain all words."""
        event.stop()
        self.query_one("#help-text", Static).update(self._render_sections(event.value))

    def _render_sections(self, query: str) -> Text:
        words = query.casefold().split()
        text = Text()
        for title, rows in self._sections:
            found = [row for row in rows if row.matches(words)]
            if found:
                text.append(f"{title}\n", style="bold underline")
                _append_rows(text, found)
        return text if text else Text("Nothing contains these words.")

    def action_scroll_help(self, direction: int) -> None:
        """Scroll by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=direction, animate=False)

    def action_page_help(self, direction: int) -> None:
        """Scroll by a page."""
        view = self.query_one(VerticalScroll)
        view.scroll_relative(y=direction * max(view.size.height - 1, 1), animate=False)


def _append_rows(text: Text, rows: Sequence[HelpRow]) -> None:
    """Append rows in two columns."""
    columns = max(min(cell_width(row.left), MAX_LEFT_COLUMNS) for row in rows)
    for row in rows:
        left = clean(row.left)
        text.append(GAP)
        text.append(left.ljust(columns), style="bold")
        if cell_width(left) > columns:
            text.append(f"\n{GAP}{' ' * columns}")
        text.append(f"{GAP}{clean(row.right)}\n")
    text.append("\n")
