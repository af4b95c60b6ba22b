"""Encodes SASL messages as base64 in AUTHENTICATE chunks.

See https://ircv3.net/specs/extensions/sasl-3.1, "The AUTHENTICATE command".
"""

from base64 import b64encode
from collections.abc import Iterator

MAX_CHUNK_CHARACTERS = 400  # a shorter chunk ends the message


def encode_chunks(message: bytes) -> Iterator[str]:
    """Yield the chunks of a message; if the last one is full, an empty chunk (`+`) follows."""
    text = b64encode(message).decode()
    yield from (
        text[start : start + MAX_CHUNK_CHARACTERS] for start in range(0, len(text), MAX_CHUNK_CHARACTERS)
    )
    if len(text) % MAX_CHUNK_CHARACTERS == 0:
        yield "+"
