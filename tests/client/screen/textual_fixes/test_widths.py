"""What is right of a text keeps its place, whatever widths a terminal gives to emoji."""

import re

import pytest
from rich.color import ColorSystem
from rich.style import Style

from app.client.screen.textual_fixes.widths import render_style

FAMILY = "👨‍👩‍👧"
PIECES = re.compile(rf"(\x1b[78]|\x1b\[\d+C|\x1b\[[\d;]*m|{FAMILY}|.)")


def draw(controls: str, family_cells: int, columns: int) -> tuple[str, int]:
    """Return what a terminal shows that gives the family so many cells, and its cursor."""
    cells, cursor, saved = ["#"] * columns, 0, 0
    for part in PIECES.findall(controls):
        if part == "\x1b7":
            saved = cursor
        elif part == "\x1b8":
            cursor = saved
        elif part.endswith("C") and part.startswith("\x1b"):
            cursor += int(part[2:-1])
        elif not part.startswith("\x1b"):
            size = family_cells if part == FAMILY else 1
            cells[cursor : cursor + size] = ("F" if part == FAMILY else part) * size
            cursor += size
    return "".join(cells), cursor


@pytest.mark.parametrize("family_cells", [1, 2, 6])
@pytest.mark.parametrize(
    "text", [f"a {FAMILY} b         ", f"{FAMILY}{FAMILY} c          ", f"no emoji{'':10}"]
)
def test_a_text_moves_the_cursor_by_its_width(text: str, family_cells: int) -> None:
    controls = render_style(Style(bold=True), text, ColorSystem.TRUECOLOR)
    shown, cursor = draw(controls, family_cells, 40)
    expected = text.replace(FAMILY, "F" * family_cells).rstrip()
    assert cursor == len(text.replace(FAMILY, "FF"))
    assert shown == f"{expected:{cursor}}" + "#" * (40 - cursor)
