"""The visible part of a timeline, found from an entry, so that its length costs nothing.

The first visible line is remembered by the entry it belongs to and by its distance from the end of
that entry. So the visible lines stay where they are when older entries are inserted: those may
remove the date above an entry, but they do not change its end.

The lines at the ends, such as "loading older messages", have numbers like entries: one less than
the first, and one more than the last.
"""

from dataclasses import dataclass
from itertools import accumulate

from app.client.screen.message_lines.line_layout import LineLayout
from app.client.screen.message_lines.spans import Line, body_of
from app.client.timeline.entry import Entry
from app.client.timeline.timeline import Timeline

PREFETCHED_ENTRIES = 10  # above the view; with fewer, older ones are requested
MAX_CACHED_ENTRIES = 300


@dataclass(frozen=True, slots=True)
class VisibleLine:
    """A visible line, and the number of the entry it belongs to; None if there is no entry."""

    line: Line
    number: int | None
    body: int = 0  # which line of the entry's text it is; the lines before it count as the first


class Viewport:
    """The visible part of a timeline. It follows the end unless it was scrolled back."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self._anchor: tuple[int, int] | None = None  # an entry, and how many lines before its end
        self.top = 0  # the number of the entry of the first visible line
        self.bottom = 0  # and of the last one
        self.selected: int | None = None
        self._cache: dict[int, list[Line]] = {}
        self._cached: object = None

    @property
    def follows_end(self) -> bool:
        """Whether the end is visible, and new messages scroll the view."""
        return self._anchor is None

    @property
    def is_near_start(self) -> bool:
        """Whether few entries are above the view."""
        return self.top - self.timeline.first_number < PREFETCHED_ENTRIES

    @property
    def is_near_end(self) -> bool:
        """Whether few entries are below the view."""
        return self.timeline.end_number - self.bottom < PREFETCHED_ENTRIES

    @property
    def is_at_start(self) -> bool:
        """Whether the first line of the timeline is visible."""
        return self.top < self.timeline.first_number

    @property
    def selected_entry(self) -> Entry | None:
        """The selected entry, or None."""
        return self.timeline.find_entry(self.selected)

    @property
    def position(self) -> tuple[int, int] | None:
        """The first visible entry and how many lines before its end; None at the end."""
        return self._anchor

    def moved_to(self, timeline: Timeline, difference: int) -> "Viewport":
        """Return the same view of a timeline in which the entries have numbers higher by this."""
        moved = Viewport(timeline)
        if self._anchor is not None:
            moved._anchor = (self._anchor[0] + difference, self._anchor[1])
        if self.selected is not None:
            moved.selected = self.selected + difference
        return moved

    def lines(self, layout: LineLayout, height: int) -> list[VisibleLine]:
        """Return the visible lines, at most `height`."""
        self._forget_outdated(layout)
        if self._anchor is None:
            return self._last_lines(layout, height)
        self.top, skipped = self._resolve(layout, *self._anchor)
        lines: list[VisibleLine] = []
        number = self.top
        while number <= self.timeline.end_number and len(lines) <= height + skipped:
            lines += self._visible(layout, number)
            number += 1
        if len(lines) - skipped <= height:
            self._anchor = None
            return self._last_lines(layout, height)
        self.bottom = number - 1
        return lines[skipped : skipped + height]

    def _last_lines(self, layout: LineLayout, height: int) -> list[VisibleLine]:
        lines: list[VisibleLine] = []
        self.bottom = self.timeline.end_number
        self.top = self.timeline.end_number + 1
        while self.top >= self.timeline.first_number and len(lines) < height:
            self.top -= 1
            lines = self._visible(layout, self.top) + lines
        if not self.timeline.is_live and len(lines) >= height:
            skipped = len(lines) - height
            self._anchor = (self.top, self._size(layout, self.top) - skipped)
        return lines[-height:] if height else []

    def _visible(self, layout: LineLayout, number: int) -> list[VisibleLine]:
        is_entry = self.timeline.first_number <= number < self.timeline.end_number
        lines = self._lay_out(layout, number)
        if not is_entry:
            return [VisibleLine(line, None) for line in lines]
        bodies = accumulate(body_of(line) is not None for line in lines)
        return [VisibleLine(line, number, max(body - 1, 0)) for line, body in zip(lines, bodies, strict=True)]

    def _lay_out(self, layout: LineLayout, number: int) -> list[Line]:
        """Return the lines of an entry, or those beyond an end of the timeline."""
        if number < self.timeline.first_number:
            return layout.lay_out_start(self.timeline)
        if number >= self.timeline.end_number:
            return layout.lay_out_end(self.timeline)
        if number not in self._cache:
            self._cache[number] = layout.lay_out(self.timeline, number)
        return self._cache[number]

    def _forget_outdated(self, layout: LineLayout) -> None:
        timeline = self.timeline
        current = (timeline.revision, timeline.new_after, layout)
        if self._cached != current or len(self._cache) > MAX_CACHED_ENTRIES:
            self._cached = current
            self._cache.clear()

    def _size(self, layout: LineLayout, number: int) -> int:
        return len(self._lay_out(layout, number))

    def _resolve(self, layout: LineLayout, number: int, lines_to_end: int) -> tuple[int, int]:
        """Return the first visible entry, and how many of its lines are above the view."""
        first, last = self.timeline.first_number - 1, self.timeline.end_number
        if number < first:
            number, lines_to_end = first, self._size(layout, first)
        number = min(number, last)
        skipped = self._size(layout, number) - lines_to_end
        while skipped < 0 and number > first:
            number -= 1
            skipped += self._size(layout, number)
        skipped = max(skipped, 0)
        while number < last and skipped >= (size := self._size(layout, number)):
            number, skipped = number + 1, skipped - size
        return number, skipped

    def scroll(self, layout: LineLayout, height: int, count: int) -> None:
        """Scroll down by a number of lines, or up if it is negative."""
        self.lines(layout, height)
        number, skipped = self._position(layout, height)
        number, skipped = self._resolve(layout, number, self._size(layout, number) - skipped - count)
        self._anchor_at(layout, number, skipped)
        self.lines(layout, height)  # follows the end again if it has been reached

    def _position(self, layout: LineLayout, height: int) -> tuple[int, int]:
        """Return the first visible entry, and how many of its lines are above the view."""
        if self._anchor is not None:
            return self._resolve(layout, *self._anchor)
        total = sum(self._size(layout, number) for number in range(self.top, self.timeline.end_number + 1))
        return self.top, max(total - height, 0)

    def _anchor_at(self, layout: LineLayout, number: int, skipped: int) -> None:
        lines_to_end = self._size(layout, number) - skipped
        if number < self.timeline.first_number and self.timeline.entries:
            number += 1  # the line before the first entry is replaced by what is loaded
            lines_to_end += self._size(layout, number)
        self._anchor = (number, lines_to_end)

    def go_to_end(self) -> None:
        """Show the end, and follow it."""
        self._anchor, self.selected = None, None

    def go_to_start(self, layout: LineLayout) -> None:
        """Show the first entry that is loaded."""
        self._forget_outdated(layout)
        self._anchor_at(layout, self.timeline.first_number - 1, 0)

    def go_to(self, layout: LineLayout, number: int, lines_above: int = 0) -> None:
        """Show an entry below a number of lines, or the end if it is visible then."""
        self._forget_outdated(layout)
        self._anchor = (number, self._size(layout, number) + lines_above)

    def select(self, layout: LineLayout, height: int, number: int | None) -> None:
        """Select an entry, and scroll until it is visible."""
        self.selected = number
        if number is None:
            return
        rows = self._rows_of(layout, height, number)
        if rows == self._size(layout, number):
            return
        above, below = self.top, self._last_visible(layout, height)
        if number <= above:
            self.go_to(layout, number)
        elif number <= below + height:
            hidden = sum(self._size(layout, other) for other in range(below, number + 1))
            self.scroll(layout, height, hidden - self._rows_of(layout, height, below))
        else:
            self.go_to(layout, number, height // 2)
        self.lines(layout, height)

    def _rows_of(self, layout: LineLayout, height: int, number: int) -> int:
        """Return how many lines of an entry are visible."""
        return sum(line.number == number for line in self.lines(layout, height))

    def _last_visible(self, layout: LineLayout, height: int) -> int:
        numbers = [line.number for line in self.lines(layout, height) if line.number is not None]
        return numbers[-1] if numbers else self.timeline.end_number - 1
