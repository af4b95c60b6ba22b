"""Wraps styled lines at words, with a hanging indent below the timestamp."""

import re
from collections.abc import Iterator

from app.client.display.style import Piece, Style
from app.text.columns import width

MAX_INDENT_SHARE = 3  # the indent takes at most a third of the line
_WORD = re.compile(r" *[^ ]+| +$")


def wrap(pieces: list[Piece], columns: int) -> list[list[Piece]]:
    """Wrap a line to a number of columns.

    A word longer than a line, such as a web address, stays whole: the terminal breaks it, and it
    can still be copied.
    """
    if sum(width(piece.text) for piece in pieces) <= columns:
        return [pieces]
    indent = _indent(pieces, columns)
    lines: list[list[Piece]] = [[]]
    used = 0
    for part in _split_words(pieces):
        word, size = part, width(part.text)
        if used > indent and used + size > columns:
            word = Piece(part.text.lstrip(" "), part.style)
            lines.append([Piece(" " * indent)])
            used, size = indent, width(word.text)
        lines[-1].append(word)
        used += size
    return [_merge(line) for line in lines]


def _indent(pieces: list[Piece], columns: int) -> int:
    """Return the width of the timestamp or of the indent that the line begins with."""
    first = pieces[0].text
    leading = width(first) if first.startswith("[") else len(first) - len(first.lstrip(" ")) + 2
    return leading if leading <= columns // MAX_INDENT_SHARE else 2


def _split_words(pieces: list[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        yield from (Piece(match[0], piece.style) for match in _WORD.finditer(piece.text))


def _merge(words: list[Piece]) -> list[Piece]:
    """Join neighbouring words of the same style; a nick is never joined, for its colour."""
    merged: list[Piece] = []
    for word in words:
        if merged and merged[-1].style is word.style and word.style is not Style.NICK:
            merged[-1] = Piece(merged[-1].text + word.text, word.style)
        else:
            merged.append(word)
    return merged
