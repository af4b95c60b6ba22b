"""A server scripted by the test: a TCP listener driven line by line from the test's thread.

Nothing sleeps: reading a line has a timeout, after which the test fails.
"""

import socket
import ssl
from fnmatch import fnmatchcase
from types import TracebackType

TIMEOUT_SECONDS = 20.0
DEFAULT_CAPABILITIES = "server-time message-tags echo-message batch labeled-response draft/chathistory"


class ScriptedServer:
    """A listening server for one client at a time."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(TIMEOUT_SECONDS)
        self._context = context
        self._connection: socket.socket | None = None
        self._unread = b""

    def __enter__(self) -> "ScriptedServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and the listener."""
        self.disconnect()
        self._listener.close()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.getsockname()[1])

    def accept(self) -> None:
        """Wait for the client to connect."""
        plain, _ = self._listener.accept()
        plain.settimeout(TIMEOUT_SECONDS)
        self._connection, self._unread = plain, b""
        if self._context:
            self._connection = self._context.wrap_socket(plain, server_side=True)

    def disconnect(self) -> None:
        """Close the connection, if any."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def send(self, *lines: str) -> None:
        """Send lines to the client."""
        assert self._connection is not None
        self._connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def receive(self) -> str:
        """Return the next line from the client."""
        assert self._connection is not None
        while b"\n" not in self._unread:
            data = self._connection.recv(4096)
            assert data, "the client has closed the connection"
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        return line.rstrip(b"\r").decode()

    def expect(self, *patterns: str) -> str:
        """Receive lines that match the patterns, in this order without others; return the last."""
        line = ""
        for pattern in patterns:
            line = self.receive()
            assert fnmatchcase(line, pattern.replace("[", "[[]")), f"{line!r} does not match {pattern!r}"
        return line

    def welcome(self, nick: str, room: str = "#tea", caps: str = DEFAULT_CAPABILITIES) -> None:
        """Accept a client, complete its registration and let it join its room."""
        self.accept()
        self.expect("CAP LS 302", f"NICK {nick}", "USER *")
        self.send(f":srv CAP * LS :{caps}")
        self.expect("CAP REQ *")
        self.send(f":srv CAP * ACK :{' '.join(cap.partition('=')[0] for cap in caps.split())}")
        self.expect("CAP END")
        self.send(f":srv 001 {nick} :Welcome", f":srv 005 {nick} CHANTYPES=# :are supported")
        self.expect(f"JOIN {room}")
        self.send(f"@time=2026-11-22T12:00:00.000Z :{nick}!~u@host JOIN {room}")

    def echo_message(self, nick: str = "bot") -> str:
        """Receive a PRIVMSG, echo it with its label as if it were stored, and return its text."""
        line = self.receive()
        tags, command, target, text = line.split(" ", 3)
        assert command == "PRIVMSG", line
        self.send(f"{tags};time=2026-11-22T12:00:05.000Z :{nick}!~u@host {command} {target} {text}")
        return text.removeprefix(":")
