"""Line templates: lines that differ between recipients only in the nick."""

from collections.abc import Iterable

from app.wire.line import LINE_END

NICK = "\0"  # placeholder for the nick; NUL cannot occur in a line


class LineTemplate:
    """Lines that are formatted once and rendered for each recipient."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._parts = LINE_END.join(lines).split(NICK)

    def render(self, nick: str) -> str:
        """Return the lines addressed to a nick, separated by line ends."""
        return nick.join(self._parts)
