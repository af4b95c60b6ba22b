"""The text of a timeline that is selected with the mouse, even where it is not visible.

A point is the number of an entry, a line of its text as it is wrapped, and a character of the line.
Textual keeps points as offsets, of which y is the entry and the line, and x the character.
"""

import re
from collections.abc import Iterator

from textual.geometry import Offset
from textual.selection import Selection

from app.client.screen.message_lines.cells import split_cells
from app.client.screen.message_lines.entry_texts import StyledText
from app.client.screen.message_lines.line_layout import LineLayout
from app.client.screen.message_lines.spans import BodyLine, Line, body_of
from app.client.timeline.timeline import Timeline

MAX_BODY_LINES = 1 << 20  # of one entry
FAR_RIGHT = 1 << 20  # to the right of every character
MAX_SELECTED_ENTRIES = 10_000
_WORD = re.compile(r"\w+|[^\w\s]+|\s+")


def to_row(number: int, body: int) -> int:
    """Return the y of the points in a line of an entry."""
    return number * MAX_BODY_LINES + body


def from_row(row: int) -> tuple[int, int]:
    """Return the number of the entry and the line of its text."""
    return divmod(row, MAX_BODY_LINES)


def body_lines(lines: list[Line]) -> list[BodyLine]:
    """Return the parts of an entry's text that are in its lines."""
    return [body for line in lines if (body := body_of(line)) is not None]


class TextSelection:
    """Extracts selected text, without nicks, times and the line breaks of wrapping."""

    def __init__(self, timeline: Timeline, layout: LineLayout) -> None:
        self._timeline = timeline
        self._layout = layout

    def extract(self, selection: Selection) -> str:
        """Return the selected text, with a line for each entry."""
        return "\n".join(self._parts(selection))

    def _parts(self, selection: Selection) -> Iterator[str]:
        if selection.start is None or selection.end is None:
            return
        first, last = from_row(selection.start.y)[0], from_row(selection.end.y)[0]
        first = max(first, self._timeline.first_number)
        last = min(last, self._timeline.end_number - 1, first + MAX_SELECTED_ENTRIES)
        for number in range(first, last + 1):
            text = self._text_of(number).plain
            start = self._position(number, selection.start, 0)
            end = self._position(number, selection.end, len(text))
            yield text[start:end]

    def _position(self, number: int, point: Offset, otherwise: int) -> int:
        """Return the position of a point in the text of an entry, if it is in this entry."""
        entry, body = from_row(point.y)
        lines = body_lines(self._layout.lay_out(self._timeline, number))
        if entry != number or not lines:
            return otherwise
        line = lines[min(body, len(lines) - 1)]
        return _snap(self._text_of(number).plain, line.start + min(max(point.x, 0), line.end - line.start))

    def _text_of(self, number: int) -> StyledText:
        return self._layout.text_of(self._timeline.get_entry(number))

    def word_at(self, point: Offset) -> Selection | None:
        """Return the selection of the word at a point, or None if there is no text."""
        number, body = from_row(point.y)
        entry = self._timeline.find_entry(number)
        lines = body_lines(self._layout.lay_out(self._timeline, number)) if entry else []
        if entry is None or body >= len(lines):
            return None
        line = lines[body]
        text = self._layout.text_of(entry).plain[line.start : line.end]
        word = next((one for one in _WORD.finditer(text) if one.start() <= point.x < one.end()), None)
        if word is None:
            return None
        return Selection(Offset(word.start(), point.y), Offset(word.end(), point.y))

    def whole(self, number: int) -> Selection:
        """Return the selection of an entry."""
        return Selection(Offset(0, to_row(number, 0)), Offset(FAR_RIGHT, to_row(number, MAX_BODY_LINES - 1)))


def _snap(text: str, position: int) -> int:
    """Return the boundary of graphemes at or after a position."""
    if text.isascii():
        return position
    return next((one.start for one in split_cells(text) if one.start >= position), len(text))


def selected_part(selection: Selection | None, row: int, length: int) -> tuple[int, int]:
    """Return which characters of a line are selected."""
    if selection is None or selection.start is None or selection.end is None:
        return 0, 0
    if not selection.start.y <= row <= selection.end.y:
        return 0, 0
    start = max(selection.start.x, 0) if row == selection.start.y else 0
    end = min(selection.end.x, length) if row == selection.end.y else length
    return start, max(start, end)
