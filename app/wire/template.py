"""Lines that everybody is told alike, but for the nick they are told under."""

from collections.abc import Iterable

from app.wire.line import LINE_END

NICK = "\0"  # where the nick is to stand; no line has this byte in it


class Form:
    """Lines that are written once, and filled in for each who is told them."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._parts = LINE_END.join(lines).split(NICK)

    def filled(self, nick: str) -> str:
        """Return the lines for somebody, with line ends between them."""
        return nick.join(self._parts)
