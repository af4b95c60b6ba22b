"""Reads the formatting codes of IRC (https://modern.ircdocs.horse/formatting).

Codes that could hide text have no effect: backgrounds, and black or white text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.text.sanitise import clean

_CODE = re.compile(
    r"\x03(?:(?P<colour>\d{1,2})(?:,\d{1,2})?)?"
    r"|\x04(?:(?P<rgb>[0-9a-fA-F]{6})(?:,[0-9a-fA-F]{6})?)?"
    r"|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
_SWITCHES = {"\x02": "bold", "\x1d": "italic", "\x1f": "underline", "\x1e": "strike", "\x16": "reverse"}
# The indexes of the terminal's own colours for the colours 2 to 14; the others are not shown.
_TERMINAL_COLOURS = {2: 4, 3: 2, 4: 9, 5: 1, 6: 5, 7: 3, 8: 11, 9: 10, 10: 6, 11: 14, 12: 12, 13: 13, 14: 8}


@dataclass(frozen=True, slots=True)
class TextFormat:
    """How a piece of text is formatted; `colour` is the index of a terminal's colour, or None."""

    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    reverse: bool = False
    colour: int | None = None


PLAIN = TextFormat()


def parse_formatting(text: str) -> Iterator[tuple[str, TextFormat]]:
    """Yield the pieces of a text with their formats, each sanitised for the terminal."""
    current = PLAIN
    end = 0
    for match in _CODE.finditer(text):
        if match.start() > end:
            yield clean(text[end : match.start()]), current
        current, end = _apply(current, match), match.end()
    if end < len(text) or not text:
        yield clean(text[end:]), current


def _apply(current: TextFormat, match: re.Match[str]) -> TextFormat:
    code = match[0][0]
    if code == "\x0f":
        return PLAIN
    if code in _SWITCHES:
        name = _SWITCHES[code]
        return replace(current, **{name: not getattr(current, name)})
    if code == "\x03":
        number = int(match["colour"]) if match["colour"] else None
        return replace(current, colour=None if number is None else _TERMINAL_COLOURS.get(number))
    return current
