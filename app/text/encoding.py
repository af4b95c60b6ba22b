"""Text in the encoding of a terminal or pipe, which may lack most characters.

Users' text contains any character, so output replaces what its encoding lacks instead of failing.
"""

import codecs
import io
import re
from typing import TextIO

from app.text.columns import width

SUBSTITUTING = "chat.substitute"  # name of the error handler
SUBSTITUTES = {"─": "-", "—": "-", "·": "*", "→": ">", "…": "...", "“": '"', "”": '"', "’": "'"}
UNKNOWN = "?"
_NON_ASCII = re.compile(r"[^\x00-\x7f]")


def make_lenient(stream: TextIO) -> None:
    """Make a stream replace what its encoding lacks on output, or what is invalid on input."""
    if isinstance(stream, io.TextIOWrapper):
        codecs.register_error(SUBSTITUTING, _substitute)
        stream.reconfigure(errors=SUBSTITUTING if stream.writable() else "replace")


def substitute(text: str, encoding: str) -> str:
    """Return the text with substitutes for the characters that an encoding lacks."""
    codecs.register_error(SUBSTITUTING, _substitute)
    return text.encode(encoding, SUBSTITUTING).decode(encoding)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    """Return ASCII for a run of characters that cannot be encoded, mostly as wide as the run."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from wcwidth import iter_graphemes

    missing = error.object[error.start : error.end]
    return "".join(map(_find_substitute, iter_graphemes(missing))), error.end


def _find_substitute(grapheme: str) -> str:
    return SUBSTITUTES.get(grapheme) or UNKNOWN * width(grapheme)


def is_unicode(stream: TextIO) -> bool:
    """Return whether a stream can encode every character."""
    return codecs.lookup(stream.encoding or "ascii").name.startswith("utf")


def is_text(text: str) -> bool:
    """Return whether a string contains only characters, not surrogates (undecodable bytes)."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def escape_non_ascii(json_text: str) -> str:
    """Escape everything but ASCII in a JSON text, without changing its value."""
    return escape_matches(_NON_ASCII, json_text)


def escape_matches(characters: re.Pattern[str], json_text: str) -> str:
    """Escape the characters of a JSON text that match, as `\\uXXXX` (RFC 8259 section 7)."""
    return characters.sub(_escape, json_text)


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[index]:02x}{units[index + 1]:02x}" for index in range(0, len(units), 2))


def decode(data: bytes, fallback: str) -> str:
    """Decode UTF-8 or, if it is not valid UTF-8, the fallback encoding, replacing invalid bytes."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(fallback, "replace")
