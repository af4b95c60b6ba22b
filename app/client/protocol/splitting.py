"""Cutting a long text into pieces that each fit one line, losing nothing.

A line is limited in bytes, with the sender's mask in front of it as the others will receive it (RFC 1459:
512). Pieces end after a space when there is one near the end, and never inside a character or between a
letter and its accents.
"""

import unicodedata
from collections.abc import Iterator

from app.wire.framing import MAX_LINE_BYTES, byte_length

MASK_BYTES = 10 + 63 + 3  # user, host and `!~@`, when the server has not told ours yet
JOINERS = "\u200d\ufe0e\ufe0f"


def room_for_text(nick: str, mask: str, target: str, line_bytes: int = MAX_LINE_BYTES) -> int:
    """Return how many bytes of text fit a PRIVMSG from this sender to this target."""
    source = byte_length(mask) if "!" in mask else byte_length(nick) + MASK_BYTES
    return line_bytes - source - byte_length(f": PRIVMSG {target} :\r\n")


def pieces(text: str, limit: int) -> Iterator[str]:
    """Cut a text into pieces of at most `limit` bytes; put together they are the text again."""
    while byte_length(text) > limit:
        end = _good_end(text, _fitting(text, limit))
        yield text[:end]
        text = text[end:]
    yield text


def _fitting(text: str, limit: int) -> int:
    """Return how many characters fit, at least one."""
    return max(1, len(text.encode()[:limit].decode(errors="ignore")))


def _good_end(text: str, end: int) -> int:
    """Move an end back to a space, or at least out of a character made of several code points."""
    space = text.rfind(" ", end // 2, end)
    if space > 0:
        return space + 1
    whole = end
    while whole > 1 and _continues(text, whole):
        whole -= 1
    return whole if whole > 1 else end


def _continues(text: str, index: int) -> bool:
    """Whether the character at an index belongs to the one before."""
    character = text[index]
    return bool(unicodedata.combining(character)) or character in JOINERS or text[index - 1] == "\u200d"
