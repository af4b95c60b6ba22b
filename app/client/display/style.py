"""Text with styles, and its colours on a terminal.

A line to show is a list of pieces, each with a style. Only `paint` knows escape sequences, and every piece
is made harmless when it is made, so no foreign text reaches the terminal by another way.
"""

import zlib
from dataclasses import dataclass
from enum import Enum

from app.client.display.sanitise import clean
from app.wire.names import fold

# From the 256 colours those that can be read on a dark and on a light background.
NICK_COLOURS = (32, 34, 64, 69, 71, 97, 99, 130, 133, 136, 161, 166, 168, 172, 30, 37)


class Style(Enum):
    """How a piece of text looks; the values are SGR codes (ECMA-48)."""

    PLAIN = ""
    DIM = "2"
    BOLD = "1"
    ERROR = "31"
    GOOD = "32"
    NICK = "nick"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some harmless text and its style."""

    text: str
    style: Style = Style.PLAIN


def piece(text: str, style: Style = Style.PLAIN) -> Piece:
    """Return foreign text as a harmless piece."""
    return Piece(clean(text), style)


def paint(pieces: list[Piece], has_colours: bool) -> str:
    """Return a line for a terminal, or without colours for anything else."""
    if not has_colours:
        return "".join(piece.text for piece in pieces)
    return "".join(_painted(piece) for piece in pieces)


def _painted(piece: Piece) -> str:
    code = nick_code(piece.text) if piece.style is Style.NICK else piece.style.value
    return f"\x1b[{code}m{piece.text}\x1b[0m" if code else piece.text


def nick_code(nick: str) -> str:
    """Return the colour of a nick; it is the same everywhere and every day."""
    chosen = zlib.crc32(fold(nick).encode()) % len(NICK_COLOURS)
    return f"1;38;5;{NICK_COLOURS[chosen]}"
