"""A client for tests on real sockets. Reads time out, and PING replaces sleeping."""

import socket
import ssl
from collections.abc import Callable, Iterator
from itertools import count

from app.wire.line import Line, parse

TIMEOUT_SECONDS = 20.0  # of each read
RECEIVE_BYTES = 4096  # small, so that a test that stops reading leaves data unread
_tokens = count(1)


class ConnectionEnded(Exception):
    """The server closed the connection, and all lines before that were read."""


def connect(port: int, nick: str, *caps: str) -> "SocketClient":
    """Open a connection, and register; close it again if that fails.

    Raises: OSError or ConnectionEnded when no server answers.
    """
    peer = SocketClient(port)
    try:
        peer.register(nick, *caps)
    except BaseException:
        peer.close()
        raise
    return peer


class SocketClient:
    """One connection to a server."""

    def __init__(
        self,
        port: int,
        *,
        receive_buffer: int | None = None,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.nick = "*"
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(TIMEOUT_SECONDS)
        self._unread = b""
        try:
            self.socket.connect((host, port))
            if tls is not None:
                self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        except OSError:
            self.close()  # otherwise its warning would appear in an unrelated test
            raise

    def __enter__(self) -> "SocketClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection without a QUIT."""
        self.socket.close()

    def register(self, nick: str, *caps: str) -> list[str]:
        """Register with a nick, and return the lines received."""
        self.nick = nick
        wanted = ["CAP LS 302", f"CAP REQ :{' '.join(caps)}"] if caps else []
        end = ["CAP END"] if caps else []
        self.send(*wanted, f"NICK {nick}", f"USER {nick} 0 * :{nick}", *end)
        return [*self.until(lambda line: line.command in ("422", "376")), *self.fence()]

    def send(self, *lines: str) -> None:
        """Send lines in one write."""
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def receive(self, size: int = RECEIVE_BYTES) -> None:
        """Read once.

        Raises: ConnectionEnded at the end of the connection.
        """
        try:
            data = self.socket.recv(size)
        except (ConnectionError, ssl.SSLEOFError) as error:
            raise ConnectionEnded from error
        if not data:
            raise ConnectionEnded
        self._unread += data

    def line(self) -> str:
        """Wait for the next line and return it.

        Raises: ConnectionEnded at the end of the connection.
        """
        while b"\n" not in self._unread:
            self.receive()
        raw, _, self._unread = self._unread.partition(b"\n")
        return raw.removesuffix(b"\r").decode()

    def lines(self) -> Iterator[str]:
        """Yield lines until the connection ends."""
        try:
            while True:
                yield self.line()
        except ConnectionEnded:
            return

    def until(self, is_match: Callable[[Line], bool]) -> list[str]:
        """Return the lines up to and including the first that matches."""
        received = [self.line()]
        while not is_match(parse(received[-1])):
            received.append(self.line())
        return received

    def hears(self, text: str) -> list[str]:
        """Return the lines up to and including the first that contains the text."""
        received = [self.line()]
        while text not in received[-1]:
            received.append(self.line())
        return received

    def fence(self) -> list[str]:
        """Return the lines before the reply to a PING; earlier commands are complete by then."""
        token = f"fence{next(_tokens)}"
        self.send(f"PING {token}")
        return self.until(lambda line: line.command == "PONG" and line.params[-1] == token)[:-1]

    def is_silent(self, seconds: float) -> bool:
        """Return whether nothing arrives within this time."""
        if b"\n" in self._unread:
            return False
        self.socket.settimeout(seconds)
        try:
            self.receive()
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(TIMEOUT_SECONDS)
        return False

    def rest(self) -> list[str]:
        """Return all lines until the connection ends."""
        return list(self.lines())

    def rest_of_bytes(self) -> bytes:
        """Return all bytes until the connection ends."""
        try:
            while True:
                self.receive()
        except ConnectionEnded:
            return self._unread
