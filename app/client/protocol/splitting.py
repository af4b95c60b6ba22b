"""Splits a long text losslessly into messages that each fit into one line.

The line length is limited in bytes (RFC 1459 section 2.3) and includes the sender's mask, which the
server adds. A message ends after a space if there is one near its end, and never inside a character
or between a letter and its combining marks.
"""

import unicodedata
from collections.abc import Iterator

from app.wire.framing import MAX_LINE_BYTES, byte_length

MAX_MASK_BYTES = 10 + 63 + 3  # user, host and `!~@`, assumed until the server has sent our mask
JOINERS = "\u200d\ufe0e\ufe0f"


def max_text_bytes(nick: str, mask: str, target: str, line_bytes: int = MAX_LINE_BYTES) -> int:
    """Return the maximum text length, in bytes, of a PRIVMSG from a sender to a target."""
    source = byte_length(mask) if "!" in mask else byte_length(nick) + MAX_MASK_BYTES
    return line_bytes - source - byte_length(f": PRIVMSG {target} :\r\n")


def split_text(text: str, limit: int) -> Iterator[str]:
    """Split a text into parts of at most `limit` bytes, whose concatenation is the text."""
    while byte_length(text) > limit:
        end = _find_break(text, _count_fitting(text, limit))
        yield text[:end]
        text = text[end:]
    yield text


def _count_fitting(text: str, limit: int) -> int:
    """Return how many characters fit into `limit` bytes, but at least one."""
    return max(1, len(text.encode()[:limit].decode(errors="ignore")))


def _find_break(text: str, end: int) -> int:
    """Return the best index at or before `end` to split at: after a space or between graphemes."""
    space = text.rfind(" ", end // 2, end)
    if space > 0:
        return space + 1
    boundary = end
    while boundary > 1 and _extends_previous(text, boundary):
        boundary -= 1
    return boundary if boundary > 1 else end


def _extends_previous(text: str, index: int) -> bool:
    """Return whether the code point at an index continues the previous one's grapheme."""
    character = text[index]
    return bool(unicodedata.combining(character)) or character in JOINERS or text[index - 1] == "\u200d"
