"""Styled text and its colours on a terminal.

A line is a list of pieces, each with a style. Only `paint` emits escape sequences, and `piece`
sanitises its text, so no unsanitised text reaches the terminal.
"""

import zlib
from dataclasses import dataclass
from enum import Enum

from app.text.sanitise import clean
from app.wire.names import fold

# Indexed colours that are readable on both dark and light backgrounds.
NICK_COLOURS = (32, 34, 64, 69, 71, 97, 99, 130, 133, 136, 161, 166, 168, 172, 30, 37)


class Style(Enum):
    """The style of a piece of text; the values are SGR codes (ECMA-48)."""

    PLAIN = ""
    DIM = "2"
    BOLD = "1"
    ERROR = "31"
    GOOD = "32"
    NICK = "nick"


@dataclass(frozen=True, slots=True)
class Piece:
    """Sanitised text and its style."""

    text: str
    style: Style = Style.PLAIN


def piece(text: str, style: Style = Style.PLAIN) -> Piece:
    """Return a piece of sanitised text."""
    return Piece(clean(text), style)


def paint(pieces: list[Piece], has_colours: bool) -> str:
    """Return a line as text, with escape sequences if `has_colours` is set."""
    if not has_colours:
        return "".join(piece.text for piece in pieces)
    return "".join(_paint_piece(piece) for piece in pieces)


def _paint_piece(piece: Piece) -> str:
    code = nick_code(piece.text) if piece.style is Style.NICK else piece.style.value
    return f"\x1b[{code}m{piece.text}\x1b[0m" if code else piece.text


def nick_code(nick: str) -> str:
    """Return the SGR code for a nick. The colour is derived from the folded nick."""
    index = zlib.crc32(fold(nick).encode()) % len(NICK_COLOURS)
    return f"1;38;5;{NICK_COLOURS[index]}"
