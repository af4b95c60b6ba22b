"""The messages of SASL on the wire: base64, in pieces that each fit one AUTHENTICATE (IRCv3 sasl-3.1)."""

from base64 import b64encode
from collections.abc import Iterator

MAX_CHUNK_CHARACTERS = 400  # characters; a shorter piece ends its message


def pieces(message: bytes) -> Iterator[str]:
    """Cut a message into pieces; behind one that is full there comes another, if only the empty one, `+`."""
    text = b64encode(message).decode()
    yield from (
        text[start : start + MAX_CHUNK_CHARACTERS] for start in range(0, len(text), MAX_CHUNK_CHARACTERS)
    )
    if len(text) % MAX_CHUNK_CHARACTERS == 0:
        yield "+"
