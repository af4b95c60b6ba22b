"""The installed `chat-server run` as a child process, on a free port, in its own folder."""

import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from signal import SIGTERM

from tests.chat_file import create_chat_file
from tests.process.socket_client import TIMEOUT_SECONDS, SocketClient

PROGRAM = Path(sys.executable).with_name("chat-server")
LAST_LINE = "Stop with"


def environment(**settings: object) -> dict[str, str]:
    """Return the environment with these settings instead of the user's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    return kept | {f"CHAT_{name.upper()}": str(value) for name, value in settings.items()}


class Server:
    """A server process. Settings are given as in `serverSetup.json`.

    It finds the database chat.db, new and empty: to create it takes a third of a start. With
    `creates_database` there is none, unless another server of the test has left it.

    `preexec_fn` runs in the child before the program, as for `subprocess.Popen`.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        creates_database: bool = False,
        preexec_fn: Callable[[], None] | None = None,
        **settings: object,
    ) -> None:
        self.folder = folder
        self.database = folder / "chat.db"
        if not (creates_database or self.database.exists()):
            create_chat_file(self.database)
        self._log = folder / "log.txt"
        self._peers: list[SocketClient] = []
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "run", "-p", "0", *arguments],
                cwd=folder,
                env=environment(**{"flood_rate": 0} | settings),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                preexec_fn=preexec_fn,
            )
        self.greeting = self._read_greeting()
        self.port = int(self.greeting[0].partition(" port ")[2].partition(",")[0].rstrip("."))

    def _read_greeting(self) -> list[str]:
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith(LAST_LINE):
                return lines
        self.kill()  # otherwise its warning would appear in an unrelated test
        raise AssertionError(f"the server did not start: {self.log}")

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for peer in self._peers:
            peer.close()

    @property
    def log(self) -> str:
        """The output on standard error."""
        return self._log.read_text()

    def connect(self, nick: str | None = None, *caps: str, receive_buffer: int | None = None) -> SocketClient:
        """Open a connection, register it if a nick is given, and close it with the server."""
        peer = SocketClient(self.port, receive_buffer=receive_buffer)
        self._peers.append(peer)
        if nick is not None:
            peer.register(nick, *caps)
        return peer

    def kill(self) -> None:
        """Kill the server with SIGKILL."""
        self.process.kill()
        self.wait()

    def end(self, number: int = SIGTERM) -> int:
        """Send a signal that stops the server, and return its exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the server to end, and return its exit code."""
        code = self.process.wait(TIMEOUT_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def limit_files(self, size: int) -> None:
        """Limit the size of files that the server writes, in bytes; -1 removes the limit."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def status(self, name: str) -> int:
        """Return a number from /proc/<pid>/status, such as `VmRSS` in KiB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
        raise KeyError(name)


def free_port() -> int:
    """Return a TCP port that is currently free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
