"""What part of a timeline is visible: by entry and line, so that its length costs nothing."""

from dataclasses import dataclass

from app.client.screen.lines import Line, LineLayout
from app.client.timeline.timeline import Timeline


@dataclass(frozen=True, slots=True)
class VisibleLine:
    """A visible line, and the index of the entry it belongs to; None for outgoing messages."""

    line: Line
    index: int | None


class Viewport:
    """The visible part of a timeline. It follows the end unless it was scrolled back.

    The position is the entry at the top and how many of its lines are above the top.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self._top: tuple[int, int] | None = None  # the entry and its first visible line
        self.selected: int | None = None

    @property
    def follows_end(self) -> bool:
        """Whether the end is visible, and new messages scroll the view."""
        return self._top is None

    @property
    def is_at_start(self) -> bool:
        """Whether the first entry is at the top."""
        return self._top is not None and self._top[0] == 0

    def shift(self, count: int) -> None:
        """Keep the position after entries were inserted at the start."""
        if self._top is not None:
            self._top = (self._top[0] + count, self._top[1])
        if self.selected is not None:
            self.selected += count

    def lines(self, layout: LineLayout, height: int) -> list[VisibleLine]:
        """Return the visible lines, at most `height`."""
        if self._top is None:
            return self._last_lines(layout, height)
        index, skipped = self._top
        lines: list[VisibleLine] = []
        while index < len(self.timeline.entries) and len(lines) < height + skipped:
            lines += [VisibleLine(line, index) for line in layout.lay_out(self.timeline, index)]
            index += 1
        if len(lines) < height + skipped:
            lines += self._outgoing(layout)
        if len(lines) - skipped < height:
            self._top = None
            return self._last_lines(layout, height)
        return lines[skipped : skipped + height]

    def _last_lines(self, layout: LineLayout, height: int) -> list[VisibleLine]:
        lines = self._outgoing(layout)
        index = len(self.timeline.entries)
        while index > 0 and len(lines) < height:
            index -= 1
            entry_lines = [VisibleLine(line, index) for line in layout.lay_out(self.timeline, index)]
            lines = entry_lines + lines
        return lines[-height:] if height else []

    def _outgoing(self, layout: LineLayout) -> list[VisibleLine]:
        return [
            VisibleLine(line, None)
            for outgoing in self.timeline.outgoing.values()
            for line in layout.lay_out_outgoing(outgoing, self.timeline.name)
        ]

    def scroll(self, layout: LineLayout, height: int, count: int) -> None:
        """Scroll down by a number of lines, or up if it is negative."""
        index, skipped = self._top if self._top is not None else self._position_of_end(layout, height)
        skipped += count
        while skipped < 0 and index > 0:
            index -= 1
            skipped += len(layout.lay_out(self.timeline, index))
        skipped = max(skipped, 0)
        entries = self.timeline.entries
        while index < len(entries) and skipped >= (size := len(layout.lay_out(self.timeline, index))):
            index, skipped = index + 1, skipped - size
        self._top = (index, skipped) if index < len(entries) else None
        self.lines(layout, height)  # follows the end again if it has been reached

    def _position_of_end(self, layout: LineLayout, height: int) -> tuple[int, int]:
        missing = height - len(self._outgoing(layout))
        index = len(self.timeline.entries)
        while index > 0 and missing > 0:
            index -= 1
            missing -= len(layout.lay_out(self.timeline, index))
        return index, max(-missing, 0)

    def go_to_end(self) -> None:
        """Show the end, and follow it."""
        self._top, self.selected = None, None

    def go_to(self, index: int) -> None:
        """Show an entry at the top, or the end if it is visible then."""
        self._top = (index, 0)

    def select(self, layout: LineLayout, height: int, index: int | None) -> None:
        """Select an entry, and scroll until it is visible."""
        self.selected = index
        if index is None:
            return
        visible = [line.index for line in self.lines(layout, height) if line.index is not None]
        if (
            not visible
            or index < visible[0]
            or (index == visible[0] and visible.count(index) < self._size(layout, index))
        ):
            self.go_to(index)
        elif index >= visible[-1]:
            following = self._size(layout, index) - visible.count(index)
            between = sum(self._size(layout, other) for other in range(visible[-1] + 1, index))
            remaining = self._size(layout, visible[-1]) - visible.count(visible[-1])
            needed = following + (between + remaining if index > visible[-1] else 0)
            if needed:
                self.scroll(layout, height, needed)

    def _size(self, layout: LineLayout, index: int) -> int:
        return len(layout.lay_out(self.timeline, index))
