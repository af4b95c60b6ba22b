"""Formats lines to send, and reads fields of received lines."""

from app.client.protocol.effects import Send
from app.client.protocol.model import ClientState
from app.clock import from_iso
from app.wire.line import Line, format_line
from app.wire.numbers import parse_number

MAX_TIME = 253_370_764_800_000  # 9999-01-01T00:00:00Z


def send(command: str, *params: str, tags: dict[str, str] | None = None) -> Send:
    """Return a line to send; line breaks become spaces, and empty tags are omitted."""
    flat = [_flatten(param) for param in params]
    return Send(format_line(command, flat, tags={key: value for key, value in (tags or {}).items() if value}))


def parse_time(text: str) -> int:
    """Return an ISO 8601 time in milliseconds, or 0 if it is missing, malformed or absurd.

    Times before 1970 and after 9998 cannot be converted to every time zone.
    """
    try:
        instant = from_iso(text)
    except ValueError:
        return 0
    return instant if 0 < instant < MAX_TIME else 0


def parse_seconds(text: str) -> int:
    """Convert seconds since 1970 to milliseconds; return 0 if they are malformed or absurd."""
    instant = (parse_number(text) or 0) * 1000
    return instant if instant < MAX_TIME else 0


def line_time(state: ClientState, line: Line) -> int:
    """Return the time of a line in milliseconds: its `time` tag, or else the current time."""
    return parse_time(line.tags.get("time", "")) or state.now


def param(line: Line, index: int) -> str:
    """Return a parameter of a line, or an empty string if it is missing."""
    try:
        return line.params[index]
    except IndexError:
        return ""


def _flatten(text: str) -> str:
    """Replace what a line cannot contain: line breaks, NUL and lone surrogates."""
    flat = text.replace("\0", "").replace("\r", " ").replace("\n", " ")
    return flat.encode(errors="replace").decode()
