"""Keeps columns aligned to the right of text whose width depends on the terminal.

Terminals disagree about the widths of graphemes of several code points, such as emoji that are
joined. A piece of text with one of them is drawn over blanks of its width as Textual counts it, and
then the cursor is moved to where Textual expects it. So the text may extend into the blanks that
follow in the same piece, and what is drawn next covers what extends further.
"""

from typing import Any

from rich.style import Style
from textual.strip import Strip

from app.client.screen.message_lines.cells import cell_width, has_uncertain_width

SAVE_CURSOR, RESTORE_CURSOR = "\x1b7", "\x1b8"  # DECSC and DECRC
_original = Strip.render_style


def render_style(style: Style, text: str, color_system: Any) -> str:
    """Return the sequences that draw a text in a style, and move the cursor by its width."""
    if not has_uncertain_width(text):
        return _original(style, text, color_system)
    cells = cell_width(text)
    blanks = _original(Style(bgcolor=style.bgcolor), " " * cells, color_system)
    drawn = _original(style, text.rstrip(" "), color_system)
    return f"{SAVE_CURSOR}{blanks}{RESTORE_CURSOR}{SAVE_CURSOR}{drawn}{RESTORE_CURSOR}\x1b[{cells}C"


def keep_columns_straight() -> None:
    """Make Textual draw all text with `render_style`."""
    Strip.render_style = staticmethod(render_style)  # type: ignore[method-assign]
