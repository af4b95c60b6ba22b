"""A client for tests on real sockets. No read waits for ever, and PING is the fence: no test sleeps."""

import socket
import ssl
from collections.abc import Callable, Iterator
from itertools import count

from app.wire.line import Line, parse

PATIENCE = 20.0  # seconds a test waits for what must come
SOME = 4096  # bytes of one read, so that a test that stops reading has really stopped
_tokens = count(1)


class ConnectionEnded(Exception):
    """The server closed the connection; the lines before that were read."""


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
        self.socket.settimeout(PATIENCE)
        self._unread = b""
        try:
            self.socket.connect((host, port))
            if tls is not None:
                self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        except OSError:
            self.close()  # nobody else can; it would be found open in another test
            raise

    def __enter__(self) -> "SocketClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection without a word."""
        self.socket.close()

    def register(self, nick: str, *caps: str) -> list[str]:
        """Become somebody; returns what the server said on the way."""
        self.nick = nick
        wanted = ["CAP LS 302", f"CAP REQ :{' '.join(caps)}"] if caps else []
        end = ["CAP END"] if caps else []
        self.send(*wanted, f"NICK {nick}", f"USER {nick} 0 * :{nick}", *end)
        return [*self.until(lambda line: line.command in ("422", "376")), *self.fence()]

    def send(self, *lines: str) -> None:
        """Send lines in one write."""
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def receive(self, size: int = SOME) -> None:
        """Read once.

        Raises: Ended at the end of the connection.
        """
        try:
            data = self.socket.recv(size)
        except (ConnectionError, ssl.SSLEOFError) as error:
            raise ConnectionEnded from error
        if not data:
            raise ConnectionEnded
        self._unread += data

    def line(self) -> str:
        """Return the next line, waiting for it if need be.

        Raises: Ended at the end of the connection.
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

    def until(self, is_it: Callable[[Line], bool]) -> list[str]:
        """Return the lines up to the first one that is it, which is the last."""
        heard = [self.line()]
        while not is_it(parse(heard[-1])):
            heard.append(self.line())
        return heard

    def hears(self, text: str) -> list[str]:
        """Return the lines up to the first one with the text in it."""
        heard = [self.line()]
        while text not in heard[-1]:
            heard.append(self.line())
        return heard

    def fence(self) -> list[str]:
        """Return everything said before the answer to a PING; what was sent before is done by then."""
        token = f"fence{next(_tokens)}"
        self.send(f"PING {token}")
        return self.until(lambda line: line.command == "PONG" and line.params[-1] == token)[:-1]

    def is_silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        if b"\n" in self._unread:
            return False
        self.socket.settimeout(seconds)
        try:
            self.receive()
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(PATIENCE)
        return False

    def rest(self) -> list[str]:
        """Return all lines up to the end of the connection."""
        return list(self.lines())

    def rest_of_bytes(self) -> bytes:
        """Return everything up to the end of the connection, as it came."""
        try:
            while True:
                self.receive()
        except ConnectionEnded:
            return self._unread
