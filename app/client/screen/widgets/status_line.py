"""The status line: connection, typing users, lag and, without the list, unread messages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.widget import Widget

from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.message_lines.cells import shorten
from app.client.screen.state.typing_users import describe_typing
from app.client.screen.widgets.room_list import format_count
from app.client.workspace.buffer import Buffer
from app.text.sanitise import clean

SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class Status:
    """What the line shows; `end_key` shows the latest messages, `help_key` the help."""

    nick: str
    is_guest: bool
    connection: str
    lag_ms: int | None = None
    typing: Sequence[str] = ()
    unread: Sequence[Buffer] = ()
    has_more_below: bool = False
    new_below: int = 0
    end_key: str = ""
    is_peeking: bool = False
    help_key: str = ""

    def describe(self) -> str:
        """Return the line, the most important parts first."""
        return SEPARATOR.join(filter(None, self._parts()))

    def _parts(self) -> Iterable[str]:
        yield clean(self.nick) + (" (guest)" if self.is_guest else "")
        yield clean(self.connection)
        yield "peeking: not marked as read" if self.is_peeking else ""
        yield self._describe_below()
        yield from (f"{clean(one.name)} {format_count(one)}" for one in self.unread)
        yield describe_typing([clean(nick) for nick in self.typing])
        yield f"lag {format_lag(self.lag_ms)}" if self.lag_ms is not None else ""
        yield f"{self.help_key} help" if self.help_key else ""

    def _describe_below(self) -> str:
        if self.new_below:
            return f"↓ {self.new_below} new ({self.end_key})"
        return f"more below ({self.end_key})" if self.has_more_below else ""


def format_lag(lag_ms: int) -> str:
    """Return a round trip: in milliseconds if it is short, otherwise in seconds."""
    return f"{lag_ms} ms" if lag_ms < 1_000 else f"{lag_ms / 1_000:.1f} s"


class StatusLine(ErrorBoundary, Widget):
    """Shows the status; it is drawn again only if its text has changed."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 1; text-style: reverse; }
    """

    def __init__(self) -> None:
        super().__init__(id="status")
        self._text = ""

    def show(self, status: Status) -> None:
        """Show this status."""
        text = status.describe()
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> Text:
        """Return the line."""
        return Text(shorten(self._text, max(self.content_size.width, 1)), no_wrap=True)
