"""The context in which events are formatted, and the kinds of lines they become."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from app.client.display.style import Piece, Style, piece
from app.client.protocol import events
from app.clock import to_datetime

NARROW_COLUMNS = 60  # below it, timestamps are short

Lines = list[list[Piece]]
Formatters = dict[type[events.ClientEvent], Callable[..., Lines]]


@dataclass(slots=True)
class DisplayContext:
    """The context of an event's text: the current room, our nick and the time zone."""

    room: str = ""
    nick: str = ""
    zone: tzinfo | None = None
    columns: int | None = None  # of the terminal, or None if the output is not one
    has_timestamps: bool = True

    def to_local(self, at: int) -> datetime:
        """Convert a Unix timestamp in milliseconds to local time."""
        return to_datetime(at).astimezone(self.zone)

    def timestamp(self, at: int) -> Piece:
        """Return the timestamp at the start of a line."""
        if not self.has_timestamps:
            return Piece("")
        is_narrow = self.columns is not None and self.columns < NARROW_COLUMNS
        pattern = "[%H:%M] " if is_narrow else "[%Y-%m-%d %H:%M:%S] "
        return Piece(self.to_local(at).strftime(pattern), Style.DIM)


def dim_line(text: str) -> Lines:
    """Return one dim line."""
    return [[piece(text, Style.DIM)]]


def error_line(text: str) -> Lines:
    """Return one line that is marked as an error."""
    return [[piece(f"! {text}", Style.ERROR)]]


def timed_line(context: DisplayContext, at: int, text: str) -> Lines:
    """Return one dim line after its timestamp."""
    return [[context.timestamp(at), piece(text, Style.DIM)]]


def in_parentheses(reason: str) -> str:
    """Return a reason with a space before it, or nothing if there is none."""
    return f" ({reason})" if reason else ""
