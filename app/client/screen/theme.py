"""The colours of the screen."""

import zlib
from functools import lru_cache

from rich.style import Style

from app.client.display.style import NICK_COLOURS
from app.wire.names import fold


@lru_cache(maxsize=4_096)
def nick_style(nick: str) -> Style:
    """Return the colour of a nick, which depends on nothing but its folded name."""
    index = zlib.crc32(fold(nick).encode()) % len(NICK_COLOURS)
    return Style(color=f"color({NICK_COLOURS[index]})")
