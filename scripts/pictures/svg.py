"""Draws terminal screens as one self-contained SVG that loads no fonts, scripts or images."""

import io
import re
from collections.abc import Sequence

from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text
from wcwidth import iter_graphemes, width

MARGIN_PIXELS = 10
THEME = TerminalTheme(
    (24, 26, 33),
    (212, 215, 223),
    [
        (40, 43, 54),
        (240, 113, 120),
        (166, 209, 137),
        (229, 200, 144),
        (62, 82, 130),
        (202, 158, 230),
        (129, 200, 190),
        (198, 204, 220),
    ],
    [
        (115, 121, 148),
        (244, 140, 146),
        (183, 222, 158),
        (240, 215, 165),
        (140, 170, 238),
        (216, 180, 238),
        (153, 214, 205),
        (240, 242, 248),
    ],
)
# Like rich's default template, but with the viewer's monospace font.
WINDOW = """<svg x="{{x}}" y="{{y}}" width="{width}" height="{height}">
<style>
.{unique_id}-matrix {{ font: {char_height}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; \
line-height: {line_height}px; white-space: pre }}
.{unique_id}-title {{ font: bold 18px system-ui, sans-serif }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def draw(windows: Sequence[tuple[str, str]], columns: int) -> str:
    """Return an SVG with these windows, each a title and an ANSI screen, from top to bottom."""
    parts, width, y = [], 0.0, 0.0
    for number, (title, screen) in enumerate(windows):
        part = _window(title, screen.rstrip("\n"), columns, f"w{number}")
        window_width, height = _size(part)
        parts.append(part.replace("{x}", "0").replace("{y}", f"{y:g}"))
        width = max(width, window_width)
        y += height + MARGIN_PIXELS
    box = f"0 0 {width:g} {y - MARGIN_PIXELS:g}"
    text = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">\n{"".join(parts)}</svg>\n'
    return re.sub(r"[ \t]+\n", "\n", text)


def _window(title: str, screen: str, columns: int, unique_id: str) -> str:
    console = Console(
        record=True, width=columns, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(_separate_wide_characters(Text.from_ansi(screen)), no_wrap=True, overflow="crop")
    return console.export_svg(title=title, theme=THEME, code_format=WINDOW, unique_id=unique_id)


def _separate_wide_characters(text: Text) -> Text:
    """Return the text with each wide character in a span of its own, placed in its column.

    The viewer's fonts may give it another width, which must not move what follows.
    """
    start = 0
    for number, grapheme in enumerate(iter_graphemes(text.plain)):
        end = start + len(grapheme)
        if width(grapheme) != len(grapheme):
            text.stylize(Style(meta={"grapheme": number}), start, end)
        start = end
    return text


def _size(window: str) -> tuple[float, float]:
    width, height = re.findall(r'(?:width|height)="([\d.]+)"', window)[:2]
    return float(width), float(height)
