"""Splits a byte stream into lines.

Lines end at `\\n` only: `splitlines` would also split at `\\x0b`, `\\x85` and other characters that
are ordinary text in IRC. NUL and `\\r` are removed before a line is measured, so that the limits
apply to the text that is parsed. The limits are those of RFC 1459 section 2.3 and
https://ircv3.net/specs/extensions/message-tags, which limits the tag section separately.
"""

from dataclasses import dataclass

from app.text.graphemes import truncate

MAX_LINE_BYTES = 512  # RFC 1459: a line without its tags, including CR LF
MAX_CONTENT_BYTES = MAX_LINE_BYTES - len("\r\n")
MAX_TAG_BYTES = 4096  # message-tags: client to server, including `@` and the trailing space
MAX_SERVER_TAG_BYTES = 8191  # message-tags: server to client, including relayed client tags
MAX_UNFINISHED_BYTES = 16 * 1024  # of input without a line end


class FramingError(Exception):
    """The stream contains a line too long to buffer; the connection cannot be resynchronised."""


@dataclass(frozen=True, slots=True)
class OversizedLine:
    """Placeholder for a line that exceeds a length limit."""

    reason: str


@dataclass(frozen=True, slots=True)
class UndecodableLine:
    """A line that is not valid UTF-8; `text` contains replacement characters."""

    text: str


Frame = str | OversizedLine | UndecodableLine


def byte_length(text: str) -> int:
    """Return the length of a text in UTF-8 bytes, without encoding it if it is ASCII."""
    return len(text) if text.isascii() else len(text.encode())


def truncate_line(line: str) -> str:
    """Return the line, with its last parameter truncated between graphemes if it is too long."""
    return line if byte_length(line) <= MAX_CONTENT_BYTES else _truncate_last_parameter(line)


def _truncate_last_parameter(line: str) -> str:
    """Return an overlong line, truncated.

    The start of the line is measured on its own, because a combining mark at the start of the last
    parameter forms a grapheme with the colon before it.
    """
    start, separator, text = line.partition(" :")
    start += separator
    return truncate(start + truncate(text, max(space_after(start), 0)), MAX_CONTENT_BYTES)


def space_after(start: str) -> int:
    """Return the number of bytes left in a line that starts with this text, excluding CR LF."""
    return MAX_CONTENT_BYTES - byte_length(start)


class Framer:
    """Buffers received bytes and splits them into lines."""

    def __init__(self, line_bytes: int = MAX_LINE_BYTES, tag_bytes: int = MAX_TAG_BYTES) -> None:
        self._line_bytes = line_bytes
        self._tag_bytes = tag_bytes
        self._unfinished = b""

    @property
    def is_between_lines(self) -> bool:
        """Whether the buffer is empty."""
        return not self._unfinished

    def feed(self, data: bytes) -> list[Frame]:
        """Buffer received bytes and return the completed lines, omitting empty ones.

        Raises: FramingError when a line, complete or not, exceeds every limit.
        """
        *lines, self._unfinished = (self._unfinished + data.translate(None, b"\0\r")).split(b"\n")
        max_bytes = max(MAX_UNFINISHED_BYTES, self._line_bytes + self._tag_bytes)
        if max(map(len, [*lines, self._unfinished])) > max_bytes:
            raise FramingError(f"A line is longer than {max_bytes} bytes")
        return [self._frame(line) for line in lines if line.strip(b" ")]

    def _frame(self, raw: bytes) -> Frame:
        tags = raw.index(b" ") + 1 if raw.startswith(b"@") and b" " in raw else 0
        if tags > self._tag_bytes:
            return OversizedLine(f"The tags are longer than {self._tag_bytes} bytes")
        if len(raw) - tags + 2 > self._line_bytes:
            return OversizedLine(f"The line is longer than {self._line_bytes} bytes")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return UndecodableLine(raw.decode(errors="replace"))
