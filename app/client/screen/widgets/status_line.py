"""One line about the connection, and about what is unread elsewhere."""

from collections.abc import Sequence

from rich.text import Text
from textual.widget import Widget

from app.client.protocol.events import Phase
from app.client.timeline.workspace import Buffer
from app.text.sanitise import clean


class StatusLine(Widget):
    """Shows our nick, the phase of the connection and unread buffers."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 1; text-style: reverse; }
    """

    def __init__(self) -> None:
        super().__init__(id="status")
        self._text = Text()

    def show(self, nick: str, phase: Phase, unread: Sequence[Buffer], follows_end: bool) -> None:
        """Show this state."""
        parts = [clean(nick), phase.value]
        if not follows_end:
            parts.append("more below (Ctrl-End)")
        parts += [f"{clean(one.name)} {'@' if one.mentions else ''}{one.unread}" for one in unread]
        self._text = Text(" · ".join(parts), no_wrap=True)
        self.refresh()

    def render(self) -> Text:
        """Return the line."""
        return self._text
