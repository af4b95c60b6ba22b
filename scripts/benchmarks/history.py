"""Measures history requests (draft/chathistory) on one connection."""

import random
import time
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import BinaryIO

from scripts.benchmarks.address import Address

CAPABILITIES = "batch server-time message-tags draft/chathistory"
REPLY_TIMEOUT_SECONDS = 30
LINES_PER_PING = 500
PAGE_LINES = 100
REQUESTS = (
    "LATEST {room} {first} {page}",
    "BEFORE {room} {first} {page}",
    "AFTER {room} {first} {page}",
    "AROUND {room} {first} {page}",
    "BETWEEN {room} {first} {last} {page}",
)


class HistoryClient:
    """A blocking connection: each request waits for its reply."""

    def __init__(self, address: Address) -> None:
        self._socket = address.new_socket()
        self._socket.settimeout(REPLY_TIMEOUT_SECONDS)
        self._socket.connect((address.host, address.port))
        self._file: BinaryIO = self._socket.makefile("rb")

    def send(self, *lines: str) -> None:
        self._socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def until(self, *marks: bytes) -> list[bytes]:
        """Return the lines up to and including the first that contains one of the marks.

        Raises: ConnectionError when the connection ends first.
        """
        lines = []
        for line in self._file:
            lines.append(line)
            if line.startswith(b"PING"):
                self.send("PONG" + line[4:].decode().rstrip())
            if any(mark in line for mark in marks):
                return lines
        raise ConnectionError("the server closed the connection")

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def fill_room(client: HistoryClient, lines: int) -> str | None:
    """Register, fill a room with messages, and return its name.

    Returns None if the server does not support draft/chathistory.
    """
    number = random.randrange(10**6)
    nick, room = f"h{number}", f"#history{number}"
    client.send(f"CAP REQ :{CAPABILITIES}", f"NICK {nick}", f"USER {nick} 0 * :bench", "CAP END")
    answer = client.until(b" ACK ", b" NAK ", b" 001 ", b" 421 ")
    if b" ACK " not in answer[-1]:
        return None
    client.until(b" 001 ")
    client.send(f"JOIN {room}")
    client.until(b" 366 ")
    for start in range(0, lines, LINES_PER_PING):
        numbers = range(start, min(start + LINES_PER_PING, lines))
        client.send(*(f"PRIVMSG {room} :line {number}" for number in numbers), "PING filled")
        if start:
            client.until(b"PONG")  # of the previous block, so that the server is never idle
    client.until(b"PONG")
    return room


def make_requests(client: HistoryClient, room: str, count: int) -> list[str]:
    """Return requests for pages at random positions, cycling through all subcommands."""
    ends = (
        _fetch_tags(client, f"LATEST {room} *"),
        _fetch_tags(client, f"AFTER {room} timestamp=2000-01-01T00:00:00.000Z"),
    )
    newest, oldest = (datetime.fromisoformat(end["time"]).timestamp() for end in ends)
    asked = []
    for template, name in islice(zip(cycle(REQUESTS), cycle(("msgid", "timestamp")), strict=False), count):
        moments = (random.uniform(oldest, newest) for _ in range(2))
        first, last = (_random_selector(client, room, name, moment) for moment in moments)
        asked.append("CHATHISTORY " + template.format(room=room, first=first, last=last, page=PAGE_LINES))
    return asked


def _random_selector(client: HistoryClient, room: str, name: str, moment: float) -> str:
    """Return a random selector: a timestamp, or the msgid of a message around that time."""
    stamp = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    if name == "timestamp":
        return f"timestamp={stamp}"
    return f"msgid={_fetch_tags(client, f'AFTER {room} timestamp={stamp}')['msgid']}"


def _fetch_tags(client: HistoryClient, request: str) -> dict[str, str]:
    """Request one message and return its tags."""
    client.send(f"CHATHISTORY {request} 1")
    message = next(line for line in client.until(b" BATCH -") if b" PRIVMSG " in line)
    tags = message.decode().removeprefix("@").partition(" ")[0].split(";")
    return {name: value for name, _, value in (tag.partition("=") for tag in tags)}


def measure_request(client: HistoryClient, request: str) -> float:
    """Return the duration of a request in seconds."""
    begin = time.perf_counter()
    client.send(request)
    client.until(b" BATCH -")
    return time.perf_counter() - begin
