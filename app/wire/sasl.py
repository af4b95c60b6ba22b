"""The messages of SASL on the wire: base64, in pieces that each fit one AUTHENTICATE (IRCv3 sasl-3.1)."""

from base64 import b64encode
from collections.abc import Iterator

PIECE = 400  # characters; a shorter piece ends its message


def pieces(message: bytes) -> Iterator[str]:
    """Cut a message into pieces; behind one that is full there comes another, if only the empty one, `+`."""
    text = b64encode(message).decode()
    yield from (text[start : start + PIECE] for start in range(0, len(text), PIECE))
    if len(text) % PIECE == 0:
        yield "+"
