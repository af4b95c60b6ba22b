"""Asking for history (draft/chathistory), one page after the other, on one connection."""

import random
import socket
import time
from datetime import UTC, datetime
from typing import BinaryIO

CAPABILITIES = "batch server-time message-tags draft/chathistory"
AT_ONCE = 200  # lines said between two PINGs


class Reader:
    """A connection that waits for what it asked."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, 30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file: BinaryIO = self._socket.makefile("rb")

    def send(self, *lines: str) -> None:
        """Send lines."""
        self._socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def until(self, *marks: bytes) -> list[bytes]:
        """Return the lines up to the first that has one of the marks in it.

        Raises: ConnectionError when the connection ends before.
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
        """Hang up."""
        self._file.close()
        self._socket.close()


def pages(address: tuple[str, int], lines: int, requests: int) -> list[float]:
    """Fill a room and ask for pages of 100 at random places of it.

    Returns the seconds that each took, or nothing if the server does not have it.
    """
    reader = Reader(address)
    room = f"#history{random.randrange(10**6)}"
    try:
        reader.send(f"CAP REQ :{CAPABILITIES}", "NICK historian", "USER historian 0 * :bench", "CAP END")
        answer = reader.until(b" ACK ", b" NAK ", b" 001 ", b" 421 ")
        if b" ACK " not in answer[-1]:
            return []
        reader.until(b" 001 ")
        reader.send(f"JOIN {room}")
        reader.until(b" 366 ")
        _fill(reader, room, lines)
        return [_ask(reader, room, moment) for moment in _moments(reader, room, requests)]
    finally:
        reader.close()


def _fill(reader: Reader, room: str, lines: int) -> None:
    for start in range(0, lines, AT_ONCE):
        reader.send(*(f"PRIVMSG {room} :line {start + number}" for number in range(AT_ONCE)), "PING filled")
        reader.until(b"PONG")


def _moments(reader: Reader, room: str, count: int) -> list[str]:
    """Return times spread over what was said."""
    reader.send(
        f"CHATHISTORY LATEST {room} * 1", f"CHATHISTORY AFTER {room} timestamp=2000-01-01T00:00:00.000Z 1"
    )
    ends = []
    for _ in range(2):
        batch = reader.until(b" BATCH -")
        ends += [_instant(line) for line in batch if b" PRIVMSG " in line]
    return [_stamp(random.uniform(min(ends), max(ends))) for _ in range(count)]


def _instant(line: bytes) -> float:
    stamp = line.partition(b"time=")[2][:24].decode()
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


def _stamp(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _ask(reader: Reader, room: str, moment: str) -> float:
    begin = time.perf_counter()
    reader.send(f"CHATHISTORY BEFORE {room} timestamp={moment} 100")
    reader.until(b" BATCH -")
    return time.perf_counter() - begin
