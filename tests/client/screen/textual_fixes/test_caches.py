"""What was drawn does not stay in memory."""

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from app.client.screen.textual_fixes.caches import MAX_ENTRIES, limit_caches

LINES = 3 * MAX_ENTRIES


def test_the_caches_of_what_was_drawn_are_limited() -> None:
    limit_caches()
    limit_caches()
    for number in range(LINES):
        style = Style.from_meta({"offset": (0, number)})
        assert Strip.render_ansi(Style(bold=True) + style, ColorSystem.TRUECOLOR) == "1"
        left, right = Segment(f"漢字 {number}", style).split_cells(2)
        assert (left.text, right.text) == ("漢", f"字 {number}")
    for cached in (Strip.render_ansi, Segment._split_cells):
        assert cached.cache_info().currsize <= MAX_ENTRIES  # type: ignore[attr-defined]
