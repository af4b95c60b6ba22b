"""What is right of the messages keeps its place, whatever widths a terminal gives to emoji."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.client.screen.screen_user import open_screen

FAMILY = "👨‍👩‍👧"


def draw(controls: str, family_cells: int, columns: int) -> tuple[str, int]:
    """Return what a terminal shows that gives the family so many cells, and its cursor."""
    cells, cursor = ["#"] * columns, 0
    for part in re.split(rf"(\x1b\[\d+[XG]|{FAMILY}|.)", controls):
        if part.endswith("X") and part.startswith("\x1b"):
            count = int(part[2:-1])
            cells[cursor : cursor + count] = [" "] * count
        elif part.endswith("G") and part.startswith("\x1b"):
            cursor = int(part[2:-1]) - 1
        elif part:
            size = family_cells if part == FAMILY else 1
            cells[cursor : cursor + size] = ("F" if part == FAMILY else part) * size
            cursor += size
    return "".join(cells), cursor


@pytest.mark.parametrize("family_cells", [1, 2, 6])
@pytest.mark.parametrize(
    "text", [FAMILY, f"{FAMILY * 6} and a text which is a little longer", "a" * 30 + FAMILY]
)
def test_a_line_ends_at_the_same_place(tmp_path: Path, family_cells: int, text: str) -> None:
    async def play() -> None:
        async with open_screen(tmp_path, columns=80) as anna:
            anna.server.send(f":bob!b@host PRIVMSG #tea :{text}")
            await anna.sees(FAMILY)
            view = anna.app.parts.messages
            region, width = view.content_region, view.app.size.width
            for row in range(region.height):
                strip = view.render_line(row)
                if any(FAMILY in segment.text for segment in strip):
                    controls = "".join(segment.text for segment in strip)
                    shown, cursor = draw(f"\x1b[{region.x + 1}G{controls}", family_cells, width)
                    assert cursor == region.right
                    assert shown[region.right + 1 :] == "#" * (width - region.right - 1)
                    assert "#" not in shown[region.x : region.right]
                    assert shown.count("F") == family_cells * controls.count(FAMILY)

    asyncio.run(play())
