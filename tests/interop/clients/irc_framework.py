"""A bot on irc-framework, the library under The Lounge and Kiwi IRC. `bot.js` is its program."""

import json
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.interop.clients.npm import MODULES, NODE
from tests.process.socket_client import TIMEOUT_SECONDS

BOT = Path(__file__).with_name("bot.js")


@dataclass(frozen=True, slots=True)
class BotEvent:
    """An event as the library reports it: its kind, author, text, and the type of its batch."""

    kind: str
    nick: str
    text: str
    batch: str | None


class FrameworkBot:
    """A bot in #general that repeats what follows "!echo", and reconnects by itself."""

    def __init__(self, port: int, nick: str) -> None:
        self.events: list[BotEvent] = []
        self._nick = nick
        self._socket, output = socket.socketpair()
        self._socket.settimeout(TIMEOUT_SECONDS)
        self._lines = self._socket.makefile("r", encoding="utf-8")
        with output:
            self._process = subprocess.Popen(
                [NODE, BOT, MODULES, str(port), nick], stdin=subprocess.DEVNULL, stdout=output
            )

    def close(self) -> None:
        """Terminate the program."""
        self._process.kill()
        self._process.wait(TIMEOUT_SECONDS)
        self._lines.close()
        self._socket.close()

    def joins(self) -> None:
        """Wait until the bot is in the room."""
        self._until(lambda event: event.kind == "join" and event.nick == self._nick)

    def receives(self, kind: str, text: str) -> BotEvent:
        """Wait for an event of this kind with this text."""
        return self._until(lambda event: (event.kind, event.text) == (kind, text))

    def _until(self, is_expected: Callable[[BotEvent], bool]) -> BotEvent:
        while True:
            try:
                event = BotEvent(**json.loads(self._lines.readline()))
            except TimeoutError:
                raise AssertionError(f"nothing more came after {self.events}") from None
            self.events.append(event)
            if is_expected(event):
                return event
