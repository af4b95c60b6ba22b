"""chat-admin top with a running server: on a terminal, and in a script."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.monitored_server import metrics_port
from tests.process.server_process import Server, environment
from tests.process.socket_client import TIMEOUT_SECONDS

PROGRAM = Path(sys.executable).with_name("chat-admin")
COLOUR = re.compile(rb"\x1b\[[0-9;]*3[0-7]m")


class LiveTop:
    """`chat-admin top` on a terminal."""

    def __init__(self, server: Server, size: tuple[int, int], **variables: str) -> None:
        self._ours, theirs = pty.openpty()
        self._resize(size)
        self.seen = b""
        self.process = subprocess.Popen(
            [PROGRAM, "top", "--port", str(metrics_port(server)), "--interval", "0.2"],
            cwd=server.folder,
            env=environment() | {"TERM": "xterm-256color", "COLUMNS": "33", "LINES": "7"} | variables,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def _resize(self, size: tuple[int, int]) -> None:
        rows, columns = size
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, size: tuple[int, int]) -> None:
        """Change the size of the terminal."""
        self._resize(size)
        self.process.send_signal(signal.SIGWINCH)
        self.seen = b""

    def shows(self, text: bytes) -> None:
        """Read until the terminal has shown a text."""
        while text not in self.seen:
            self.seen += os.read(self._ours, 4096)

    def press(self, key: bytes) -> None:
        """Press a key."""
        os.write(self._ours, key)

    def end(self) -> int:
        """Read to the end, and return the exit code."""
        try:
            while data := os.read(self._ours, 4096):
                self.seen += data
        except OSError:
            pass  # the other side of the terminal is closed
        os.close(self._ours)
        return self.process.wait(TIMEOUT_SECONDS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with one user."""
    with Server(tmp_path_factory.mktemp("top"), metrics_port=0) as server:
        server.connect("alice")
        yield server


def test_the_live_view_follows_the_terminal_and_outlasts_the_server(tmp_path: Path) -> None:
    with Server(tmp_path, metrics_port=0) as server:
        top = LiveTop(server, (24, 80))
        top.shows(b"slowest clients")
        top.shows(b"http://127.0.0.1")
        top.resize((40, 30))
        top.shows(b"slowest clients")
        top.resize((24, 80))
        server.kill()
        top.shows(b"Cannot read")
        top.press(b"q")
        assert top.end() == 0
    assert top.seen.count(b"\x1b[?1049l") == 1  # it leaves the alternate screen
    assert COLOUR.search(top.seen)


@pytest.mark.parametrize("ending", [b"q", signal.SIGINT, signal.SIGTERM])
def test_it_leaves_the_terminal_as_it_was(server: Server, ending: bytes | signal.Signals) -> None:
    top = LiveTop(server, (24, 80), NO_COLOR="1")
    top.shows(b"slowest clients")
    if isinstance(ending, bytes):
        top.press(ending)
    else:
        top.process.send_signal(ending)
    assert top.end() == 0
    assert b"\x1b[?1049l" in top.seen
    assert not COLOUR.search(top.seen)


def test_scripts_get_json_and_text(server: Server) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, "top", "--port", str(metrics_port(server)), *arguments],
            cwd=server.folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )

    activity = json.loads(run("--once", "--json").stdout)
    assert (activity["users"], activity["ready"], activity["busiest_rooms"]) == (1, True, [])
    assert run("--once").stdout.startswith(f"{activity['version']}  ready  up 0:00:")


def test_the_doctor_asks_the_running_server(server: Server) -> None:
    ended = subprocess.run(
        [PROGRAM, "doctor", "--json"],
        cwd=server.folder,
        env=environment() | {"CHAT_METRICS_PORT": str(metrics_port(server))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert {"check": "server", "state": "ok", "found": "runs", "advice": ""} in json.loads(ended.stdout)
