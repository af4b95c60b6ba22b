"""Measures and cuts text in cells of the screen.

Textual places everything by the widths that Rich computes, so these are the only ones that the
screen uses: a text measured otherwise would shift what is to the right of it. Lines are broken so
that they fit even in terminals that do not know a grapheme (UAX #29), and only between graphemes.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes

ELLIPSIS = "…"
IDEOGRAPHS = 0x2E80  # from here on, lines may be broken between any two wide characters
NO_LINE_START = frozenset("、。，．！？：；）」』】〉》〕’”…ー々")
# The letters of flags and the tones of skin: of different widths if they are not part of an emoji.
ALONE_OR_JOINED = re.compile("[\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")
# Characters of one cell that never join others: letters of Latin, dashes, arrows and lines.
SIMPLE = re.compile("[ -~\xa1-\xac\xae-\u02ff\u2010-\u2027\u2190-\u2193\u2500-\u259f]*")


class Grapheme(NamedTuple):
    """A grapheme of a text: where it starts and ends, and its width in cells.

    `max_cells` is its width in terminals that draw its code points one by one.
    """

    start: int
    end: int
    cells: int
    max_cells: int


def cell_width(text: str) -> int:
    """Return the number of cells of a text without control characters."""
    return len(text) if text.isascii() else cell_len(text)


def has_uncertain_width(text: str) -> bool:
    """Whether terminals may disagree about the width, as of graphemes of several code points."""
    return SIMPLE.fullmatch(text) is None and any(
        one.end - one.start > 1 or one.max_cells > one.cells for one in split_cells(text)
    )


def _max_code_point_cells(code_point: str) -> int:
    return 2 if ALONE_OR_JOINED.match(code_point) else cell_len(code_point)


@lru_cache(maxsize=256)
def split_cells(text: str) -> tuple[Grapheme, ...]:
    """Return the graphemes of a text, whose widths add up to that of the text."""
    from wcwidth import iter_graphemes  # not for the first frame

    boundaries = {0}
    end = 0
    for grapheme in iter_graphemes(text):
        end += len(grapheme)
        boundaries.add(end)
    graphemes: list[Grapheme] = []
    start = cells = 0
    for _, end, width in split_graphemes(text)[0]:
        cells += width
        if end in boundaries or end == len(text):
            max_cells = (
                cells
                if text[start:end].isascii()
                else max(cells, sum(map(_max_code_point_cells, text[start:end])))
            )
            graphemes.append(Grapheme(start, end, cells, max_cells))
            start, cells = end, 0
    return tuple(graphemes)


def shorten(text: str, cells: int) -> str:
    """Return the text, truncated between graphemes to a width and then ending in an ellipsis."""
    if cell_width(text) <= cells:
        return text
    if cells < 1:
        return ""
    return text[: _fitting_end(text, cells - 1)] + ELLIPSIS


def _fitting_end(text: str, cells: int) -> int:
    if text.isascii():
        return cells
    end = 0
    for grapheme in split_cells(text):
        cells -= grapheme.cells
        if cells < 0:
            break
        end = grapheme.end
    return end


def wrap(text: str, first: int, cells: int) -> Iterator[tuple[int, int]]:
    """Yield where the lines of a text start and end, breaking at words.

    The first line has `first` cells, the others `cells`, of which there are at least two. Only
    spaces are between the end of a line and the start of the next. A word longer than a line is
    broken between graphemes.
    """
    fit = _fit_ascii if text.isascii() else _fit_graphemes
    start, room = 0, first
    while True:
        end = fit(text, start, room)
        if end >= len(text):
            yield start, len(text)
            return
        cut = _find_break(text, start, end)
        if cut is None and room < cells and _word_end(text, start) <= fit(text, start, cells):
            cut = start  # the word fits on the next line
        cut = end if cut is None else cut
        yield start, _without_spaces(text, start, cut)
        start, room = _skip_spaces(text, cut), cells
        if start >= len(text):
            return


def _fit_ascii(text: str, start: int, cells: int) -> int:
    return start + max(cells, 1)


def _fit_graphemes(text: str, start: int, cells: int) -> int:
    """Return the end of what fits into a line; at least one grapheme."""
    graphemes = split_cells(text)
    index = bisect_left(graphemes, start, key=lambda grapheme: grapheme.start)
    end = start
    while index < len(graphemes) and (graphemes[index].max_cells <= cells or end == start):
        cells -= graphemes[index].max_cells
        end = graphemes[index].end
        index += 1
    return end


def _find_break(text: str, start: int, end: int) -> int | None:
    """Return the last position up to `end` where a line may end, or None."""
    if text[end] == " ":
        return end
    space = text.rfind(" ", start, end)
    if not text.isascii():
        for position in range(end, max(space + 1, start), -1):
            if _may_break(text, position):
                return position
    return space if space > start else None


def _may_break(text: str, position: int) -> bool:
    """Whether a line may end between two characters, of which one is an ideograph or the like."""
    before, after = text[position - 1], text[position]
    return (
        max(ord(before), ord(after)) >= IDEOGRAPHS
        and after not in NO_LINE_START
        and any(grapheme.start == position for grapheme in split_cells(text))
    )


def _word_end(text: str, start: int) -> int:
    space = text.find(" ", start)
    return len(text) if space < 0 else space


def _without_spaces(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip(" "))


def _skip_spaces(text: str, start: int) -> int:
    return len(text) - len(text[start:].lstrip(" "))
