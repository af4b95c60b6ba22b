"""Bytes in any cut become whole lines.

Lines end at `\\n` only; one `\\r` before it is stripped. (`bytes.splitlines` would also cut at `\\x0b`, `\\x85`
and others, which are ordinary text here.) The limits are those of RFC 1459 and IRCv3 message-tags: the tag
section and the rest of the line are counted apart.
"""

from dataclasses import dataclass

LINE_BYTES = 512  # RFC 1459: a line without its tags, CR LF included
TAG_BYTES = 4096  # message-tags: what a client may send, `@` and the space included
SERVER_TAG_BYTES = 8191  # message-tags: what a server may send, both its own tags and relayed ones
UNFINISHED_BYTES = 16 * 1024  # more than this without a line end is not IRC


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


class Framer:
    """Collects what was received until lines are whole."""

    def __init__(self, line_bytes: int = LINE_BYTES, tag_bytes: int = TAG_BYTES) -> None:
        self._line_bytes = line_bytes
        self._tag_bytes = tag_bytes
        self._unfinished = b""

    def feed(self, data: bytes) -> list[Frame]:
        """Take received bytes and return the lines they complete; empty lines are skipped.

        Raises: Unframed when a line, finished or not, is longer than any line could be.
        """
        *whole, self._unfinished = (self._unfinished + data).split(b"\n")
        longest = max(UNFINISHED_BYTES, self._line_bytes + self._tag_bytes)
        if len(self._unfinished) > longest or any(len(raw) > longest for raw in whole):
            raise Unframed
        return [self._frame(raw) for raw in whole if raw.strip(b"\r ")]

    def _frame(self, raw: bytes) -> Frame:
        raw = raw[:-1] if raw.endswith(b"\r") else raw
        tags = raw.index(b" ") + 1 if raw.startswith(b"@") and b" " in raw else 0
        if tags > self._tag_bytes:
            return Oversized("the tags are longer than a client may send")
        if len(raw) - tags + 2 > self._line_bytes:
            return Oversized("the line is too long")
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return Undecodable(raw.decode(errors="replace"))
        return text.replace("\0", "").replace("\r", "")
