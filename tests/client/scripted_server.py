"""A server that does what the test says: a real TCP listener, driven line by line from the test's thread.

Nothing sleeps: the test waits for a line with a time limit on the socket, and fails when it does not come.
"""

import socket
import ssl
from fnmatch import fnmatchcase
from types import TracebackType

SECONDS = 20.0
SEVERAL = "server-time message-tags echo-message batch labeled-response draft/chathistory"


class ScriptedServer:
    """A listening server for one client at a time."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(SECONDS)
        self._context = context
        self._connection: socket.socket | None = None
        self._unread = b""

    def __enter__(self) -> "ScriptedServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()
        self._listener.close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def accept(self) -> None:
        """Wait for the client to connect."""
        plain, _ = self._listener.accept()
        plain.settimeout(SECONDS)
        self._connection, self._unread = plain, b""
        if self._context:
            self._connection = self._context.wrap_socket(plain, server_side=True)

    def hang_up(self) -> None:
        """Break the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def say(self, *lines: str) -> None:
        """Send lines to the client."""
        assert self._connection is not None
        self._connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self) -> str:
        """Wait for the next line of the client."""
        assert self._connection is not None
        while b"\n" not in self._unread:
            data = self._connection.recv(4096)
            assert data, "the client has closed the connection"
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        return line.rstrip(b"\r").decode()

    def expect(self, *patterns: str) -> str:
        """Wait for lines that fit the patterns, in order and nothing between; return the last."""
        heard = ""
        for pattern in patterns:
            heard = self.hear()
            assert fnmatchcase(heard, pattern.replace("[", "[[]")), f"{heard!r} is not {pattern!r}"
        return heard

    def welcome(self, nick: str, room: str = "#tea", caps: str = SEVERAL) -> None:
        """Take a client in and let it into its room."""
        self.accept()
        self.expect("CAP LS 302", f"NICK {nick}", "USER *")
        self.say(f":srv CAP * LS :{caps}")
        self.expect("CAP REQ *")
        self.say(f":srv CAP * ACK :{' '.join(cap.partition('=')[0] for cap in caps.split())}")
        self.expect("CAP END")
        self.say(f":srv 001 {nick} :Welcome", f":srv 005 {nick} CHANTYPES=# :are supported")
        self.expect(f"JOIN {room}")
        self.say(f"@time=2026-11-22T12:00:00.000Z :{nick}!~u@host JOIN {room}")

    def echo(self, nick: str = "bot") -> str:
        """Store the next message of the client: echo it with its label; return its text."""
        line = self.hear()
        tags, command, target, text = line.split(" ", 3)
        assert command == "PRIVMSG", line
        self.say(f"{tags};time=2026-11-22T12:00:05.000Z :{nick}!~u@host {command} {target} {text}")
        return text.removeprefix(":")
