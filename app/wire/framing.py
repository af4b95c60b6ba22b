"""Bytes in any cut become whole lines.

Lines end at `\\n` only. (`splitlines` would also cut at `\\x0b`, `\\x85` and others, which are text here.)
NUL and `\\r` mean nothing inside a line and are dropped before it is measured, so that no check sees another
text than the parser will. The limits are those of RFC 1459 and IRCv3 message-tags: the tag section and the
rest of the line are counted apart.
"""

from dataclasses import dataclass

MAX_LINE_BYTES = 512  # RFC 1459: a line without its tags, CR LF included
MAX_TAG_BYTES = 4096  # message-tags: what a client may send, `@` and the space included
MAX_SERVER_TAG_BYTES = 8191  # message-tags: what a server may send, both its own tags and relayed ones
MAX_UNFINISHED_BYTES = 16 * 1024  # more than this without a line end is not IRC


class Unframed(Exception):
    """The peer sends something without line ends; the connection cannot be understood any more."""


@dataclass(frozen=True, slots=True)
class Oversized:
    """Stands where a line stood that was longer than the limit."""

    reason: str


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Stands where a line stood that is not UTF-8; `text` is what could be read of it."""

    text: str


Frame = str | Oversized | Undecodable


def size(text: str) -> int:
    """Return how many bytes a text takes; most are ASCII and need not be encoded to know."""
    return len(text) if text.isascii() else len(text.encode())


def fitting(line: str, limit: int = MAX_LINE_BYTES - 2) -> str:
    """Return the line, without its line end, cut between two characters if it is longer than so many bytes."""
    return line if size(line) <= limit else line.encode()[:limit].decode(errors="ignore")


def space_behind(start: str) -> int:
    """Return how many bytes are left of a line that begins like this, its line end counted out."""
    return MAX_LINE_BYTES - len("\r\n") - size(start)


class Framer:
    """Collects what was received until lines are whole."""

    def __init__(self, line_bytes: int = MAX_LINE_BYTES, tag_bytes: int = MAX_TAG_BYTES) -> None:
        self._line_bytes = line_bytes
        self._tag_bytes = tag_bytes
        self._unfinished = b""

    @property
    def is_between_lines(self) -> bool:
        """Whether nothing of an unfinished line is kept."""
        return not self._unfinished

    def feed(self, data: bytes) -> list[Frame]:
        """Take received bytes and return the lines they complete; empty lines are skipped.

        Raises: Unframed when a line, finished or not, is longer than any line could be.
        """
        *lines, self._unfinished = (self._unfinished + data.translate(None, b"\0\r")).split(b"\n")
        longest = max(MAX_UNFINISHED_BYTES, self._line_bytes + self._tag_bytes)
        if max(map(len, [*lines, self._unfinished])) > longest:
            raise Unframed("A line without an end")
        return [self._frame(line) for line in lines if line.strip(b" ")]

    def _frame(self, raw: bytes) -> Frame:
        tags = raw.index(b" ") + 1 if raw.startswith(b"@") and b" " in raw else 0
        if tags > self._tag_bytes:
            return Oversized("The tags are longer than a client may send")
        if len(raw) - tags + 2 > self._line_bytes:
            return Oversized("The line is too long")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return Undecodable(raw.decode(errors="replace"))
