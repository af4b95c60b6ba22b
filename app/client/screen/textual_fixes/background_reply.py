"""Recognises the terminal's reply about its background, which Textual would read as keys."""

from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

from app.client.terminal.background import BackgroundReply


class BackgroundReported(Message):
    """The terminal has reported its background colour, as `#rrggbb`."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self.colour = colour


class ReplyParser(XTermParser):
    """Parses what a terminal sends, and the reply about its background."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._reply = BackgroundReply()

    def feed(self, data: str) -> Iterable[Message]:
        """Yield the messages of a piece of input; an empty one is its end."""
        rest = self._reply.take(data)
        if self._reply.colour is not None:
            yield BackgroundReported(self._reply.colour)
            self._reply.colour = None
        if rest or not data:
            yield from super().feed(rest)


def accept_background_reply() -> None:
    """Make Textual use `ReplyParser`."""
    vars(linux_driver)["XTermParser"] = ReplyParser
