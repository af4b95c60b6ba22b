"""A synchronous IRC client that sends requests and collects their replies."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from app.client.net.connect import Address, connect
from app.errors import ChatError
from app.wire import sasl
from app.wire.line import Line, parse

TIMEOUT_SECONDS = 60.0  # without a reply
RECEIVE_BYTES = 64 * 1024
CAPABILITIES = "sasl batch message-tags server-time draft/chathistory soju.im/search"
_LOGIN_FAILURES = ("904", "905", "465", "433", "ERROR")


class IrcSession:
    """A connection that is logged in to an account."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._unread = b""
        self._requests = 0

    def log_in(self, name: str, password: str) -> None:
        """Register with an account, and wait until that is complete.

        Raises: ChatError when the server refuses.
        """
        chunks = sasl.encode_chunks(f"\0{name}\0{password}".encode())
        self._send(f"CAP REQ :{CAPABILITIES}", "AUTHENTICATE PLAIN", *(f"AUTHENTICATE {c}" for c in chunks))
        self._send(f"NICK {name}", f"USER {name} 0 * :{name}", "CAP END")
        for line in self._lines():
            if line.command in _LOGIN_FAILURES:
                raise ChatError(f"The server refused the login: {line.params[-1]}")
            if line.command in ("376", "422"):
                return

    def request(self, *lines: str) -> list[Line]:
        """Send lines, and return everything that is received until they have been processed."""
        self._requests += 1
        token = f"request-{self._requests}"
        self._send(*lines, f"PING {token}")
        replies = []
        for line in self._lines():
            if line.command == "PONG" and line.params[-1] == token:
                break
            replies.append(line)
        return replies

    def _send(self, *lines: str) -> None:
        self._connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def _lines(self) -> Iterator[Line]:
        """Yield received lines.

        Raises: ChatError when the server closes the connection or does not answer.
        """
        while True:
            while b"\n" not in self._unread:
                self._unread += self._receive()
            raw, _, self._unread = self._unread.partition(b"\n")
            yield parse(raw.rstrip(b"\r").decode(errors="replace"))

    def _receive(self) -> bytes:
        try:
            data = self._connection.recv(RECEIVE_BYTES)
        except OSError as error:
            raise ChatError(f"The server does not answer ({error}).") from error
        if not data:
            raise ChatError("The server closed the connection.")
        return data


@contextmanager
def open_session(port: int) -> Iterator[IrcSession]:
    """Connect to a server on this machine."""
    with connect(Address("127.0.0.1", port)) as connection:
        connection.settimeout(TIMEOUT_SECONDS)
        yield IrcSession(connection)
