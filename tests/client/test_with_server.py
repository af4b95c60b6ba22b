"""The client and the server as processes: nothing is lost or doubled when the server is killed in between."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SECONDS = 60.0
LINES = 400
TEXT = re.compile(r"^\[[^]]+\] (?:sender|anna): (.*)$")

pytestmark = pytest.mark.timeout(180)


class Program:
    """One of our programs, running in a folder of its own."""

    def __init__(self, folder: Path, module: str, *arguments: str) -> None:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("CHAT_")}
        root = str(Path(__file__).parents[2])
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"from app.cli.{module} import main; main()", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=inherited | {"PYTHONPATH": root, "CHAT_FLOOD_RATE": "0"},
        )

    def read(self) -> str:
        """Wait for its next line of output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def finish(self, text: str | None = None) -> tuple[int, list[str], str]:
        """Give it the rest of its input; return its exit code, what it said and what went wrong."""
        out, errors = self.process.communicate(text, timeout=SECONDS)
        return self.process.returncode, out.splitlines(), errors

    def close(self) -> None:
        """End it if it still runs."""
        self.process.kill()
        self.process.wait(SECONDS)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts programs and ends them after the test."""
    running: list[Program] = []

    def begin(module: str, *arguments: str) -> Program:
        running.append(Program(tmp_path, module, *arguments))
        return running[-1]

    yield begin
    for program in reversed(running):
        program.close()


@pytest.fixture
def port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def serve(start: Start, port: int) -> Program:
    """Start a server and wait until it listens."""
    server = start("server", "run", "-p", str(port), "-d", "chat.db")
    assert "listens" in server.read()
    return server


def test_lines_arrive_once_and_in_order_when_server_is_killed(start: Start, port: int) -> None:
    server = serve(start, port)
    listener = start("client", "-p", str(port), "-u", "listener", "--json", "--follow")
    assert json.loads(listener.read())["type"] == "join"
    sender = start("client", "-p", str(port), "-u", "sender")
    assert sender.process.stdin is not None
    sender.process.stdin.write("".join(f"line {number}\n" for number in range(LINES)))
    sender.process.stdin.flush()
    heard = _heard(listener, until="line 150")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(SECONDS)
    serve(start, port)
    code, out, errors = sender.finish()
    failed = re.findall(r"^! not sent: (line \d+) ", errors, re.MULTILINE)
    stored = [match[1] for line in out if (match := TEXT.match(line))]
    heard += _heard(listener, until=stored[-1])
    assert heard == stored
    assert sorted(stored + failed, key=_number) == [f"line {number}" for number in range(LINES)]
    assert stored == sorted(stored, key=_number)
    assert code == (1 if failed else 0)


def _heard(listener: Program, until: str) -> list[str]:
    """Return the texts of the next messages, up to and with one."""
    texts: list[str] = []
    while until not in texts:
        row = json.loads(listener.read())
        if row["type"] == "message":
            texts.append(row["text"])
    return texts


def _number(text: str) -> int:
    return int(text.removeprefix("line "))


def test_registered_nick_is_used_with_its_password(start: Start, port: int, tmp_path: Path) -> None:
    serve(start, port)
    _register(port)
    (tmp_path / "secret").write_text("pencil-box\n")
    anna = start("client", "-p", str(port), "-u", "anna", "--password-file", "secret", "--json")
    code, out, errors = anna.finish("hello\n")
    assert (code, errors) == (0, "")
    message = json.loads(out[-1])
    assert (message["from"], message["account"], message["text"]) == ("anna", "anna", "hello")
    (tmp_path / "secret").write_text("wrong\n")
    code, _, errors = start("client", "-p", str(port), "-u", "anna", "--password-file", "secret").finish(
        "x\n"
    )
    assert code == 1
    assert errors.startswith("Error: Cannot log in as anna: ")
    code, _, errors = start("client", "-p", str(port), "-u", "anna").finish("x\n")
    assert code == 1
    assert "Error: anna is registered." in errors


def _register(port: int) -> None:
    """Make an account `anna` as any IRC client would."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connection.sendall(b"CAP REQ draft/account-registration\r\nNICK anna\r\nUSER a 0 * a\r\nCAP END\r\n")
        connection.sendall(b"REGISTER * * pencil-box\r\nQUIT\r\n")
        answer = b""
        while data := connection.recv(4096):
            answer += data
    assert b"REGISTER SUCCESS anna" in answer
