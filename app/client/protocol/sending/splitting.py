"""Computes how much text fits into one message.

The line length is limited in bytes (RFC 1459 section 2.3) and includes the sender's mask, which the
server adds.
"""

from app.wire.framing import MAX_LINE_BYTES, byte_length

MAX_MASK_BYTES = 10 + 63 + 3  # user, host and `!~@`, assumed until the server has sent our mask


def max_text_bytes(nick: str, mask: str, target: str, line_bytes: int = MAX_LINE_BYTES) -> int:
    """Return the maximum text length, in bytes, of a PRIVMSG from a sender to a target."""
    source = byte_length(mask) if "!" in mask else byte_length(nick) + MAX_MASK_BYTES
    return line_bytes - source - byte_length(f": PRIVMSG {target} :\r\n")
