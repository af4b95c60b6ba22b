"""A server that sends many lines to one client, and then answers only its PINGs."""

import random
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from tests.client.scripted_server import ScriptedServer

CAPABILITIES = "server-time message-tags echo-message batch labeled-response"
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
LINES_PER_BATCH = 1_000
WORDS = "the kettle is on who brings biscuits for tea tomorrow at noon https://example.org/menu 🍵 漢字 日本".split()
NICKS = [f"user{number}" for number in range(30)]


class BusyServer:
    """A room with most lines, which the client shows, and nineteen smaller ones."""

    def __init__(self, lines: int) -> None:
        self.server = ScriptedServer()
        self._lines = lines
        self._random = random.Random(1)
        self.is_done = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        self.server.welcome("anna", "#room0", CAPABILITIES)
        rooms = [f"#room{number}" for number in range(20)]
        for room in rooms:
            self.server.send(
                f":anna!~u@host JOIN {room}",
                f":srv 353 anna = {room} :anna {' '.join(NICKS)}",
                f":srv 366 anna {room} :End",
            )
        small = self._lines // 100
        for index, room in enumerate(reversed(rooms)):
            self._fill(room, index * small, small if room != rooms[0] else self._lines - 19 * small)
        self.server.send(":bob!b@host PRIVMSG #room0 :everything has arrived")
        self.is_done.set()
        with suppress(AssertionError):  # the client has ended
            while True:
                with suppress(TimeoutError):
                    self._answer(self.server.receive())

    def _answer(self, line: str) -> None:
        command, _, token = line.partition(" ")
        if command == "PING":
            self.server.send(f":srv PONG srv {token}")

    def _fill(self, room: str, start: int, count: int) -> None:
        for first in range(start, start + count, LINES_PER_BATCH):
            batch = range(first, min(first + LINES_PER_BATCH, start + count))
            self.server.send(*(self._line(room, number) for number in batch))

    def _line(self, room: str, number: int) -> str:
        at = (START + timedelta(seconds=number * 5)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        nick = self._random.choice(NICKS)
        text = " ".join(self._random.choices(WORDS, k=self._random.randint(3, 25)))
        return f"@msgid={number:06x};time={at} :{nick}!u@host PRIVMSG {room} :{text}"
