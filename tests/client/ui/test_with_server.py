"""Client and server as processes: nothing is lost or duplicated when the server is killed."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prompt_toolkit.input import create_pipe_input

from app.client.protocol.model import LoginCredentials
from tests.client.ui.test_line_mode import PromptUser

TIMEOUT_SECONDS = 60.0
LINE_COUNT = 400
SENT_LINE = re.compile(r"^\[[^]]+\] (?:sender|anna): (.*)$")

pytestmark = pytest.mark.timeout(180)


class ProgramProcess:
    """One of the project's programs, running in a temporary folder."""

    def __init__(self, folder: Path, module: str, *arguments: str) -> None:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("CHAT_")}
        root = str(Path(__file__).parents[3])
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
        """Return the next line of standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def finish(self, text: str | None = None) -> tuple[int, list[str], str]:
        """Write a text, close the input, and return exit code, output lines and errors."""
        out, errors = self.process.communicate(text, timeout=TIMEOUT_SECONDS)
        return self.process.returncode, out.splitlines(), errors

    def close(self) -> None:
        """Kill it if it is running."""
        self.process.kill()
        self.process.wait(TIMEOUT_SECONDS)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


Start = Callable[..., ProgramProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts programs, and kills them after the test."""
    running: list[ProgramProcess] = []

    def start_program(module: str, *arguments: str) -> ProgramProcess:
        running.append(ProgramProcess(tmp_path, module, *arguments))
        return running[-1]

    yield start_program
    for program in reversed(running):
        program.close()


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def serve(start: Start, port: int) -> ProgramProcess:
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
    sender.process.stdin.write("".join(f"line {number}\n" for number in range(LINE_COUNT)))
    sender.process.stdin.flush()
    received = _receive_texts(listener, until="line 150")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(TIMEOUT_SECONDS)
    serve(start, port)
    code, out, errors = sender.finish()
    stored = [match[1] for line in out if (match := SENT_LINE.match(line))]
    received += _receive_texts(listener, until=stored[-1])
    assert received == stored == [f"line {number}" for number in range(LINE_COUNT)]
    assert "not sent" not in errors
    assert code == 0


def _receive_texts(listener: ProgramProcess, until: str) -> list[str]:
    """Return the texts of the next messages, up to and including one."""
    texts: list[str] = []
    while until not in texts:
        row = json.loads(listener.read())
        if row["type"] == "message":
            texts.append(row["text"])
    return texts


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


def _register(port: int, *lines: str) -> None:
    """Register the account `anna` over a plain IRC connection, then send the lines."""
    answer = _talk(port, "anna", "REGISTER * * pencil-box", *lines, capabilities="draft/account-registration")
    assert "REGISTER SUCCESS anna" in answer


def _talk(port: int, nick: str, *lines: str, capabilities: str = "") -> str:
    """Connect, send the lines and quit; return everything received."""
    negotiation = [f"CAP REQ :{capabilities}"] if capabilities else []
    sent = [*negotiation, f"NICK {nick}", "USER a 0 * a", "CAP END", *lines, "QUIT"]
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in sent).encode())
        answer = b""
        while data := connection.recv(4096):
            answer += data
    return answer.decode()


@contextmanager
def _anna(port: int) -> Iterator[PromptUser]:
    """Start line mode as anna, in #tea."""
    credentials = LoginCredentials("anna", "pencil-box")
    with create_pipe_input() as keys:
        yield PromptUser(keys, port, has_chosen_nick=True, credentials=credentials, initial_history=50)


def test_unread_messages_are_shown_once_on_start(start: Start, port: int) -> None:
    serve(start, port)
    _register(port, "NICKSERV SET ALWAYS-ON on", "JOIN #tea")
    _talk(port, "bob", "JOIN #tea", "PRIVMSG #tea :before")
    with _anna(port) as anna:
        anna.wait_for_lines("bob: before")
        anna.press_ctrl_d()
    _talk(port, "bob", "JOIN #tea", "PRIVMSG #tea :tea is ready", "PRIVMSG anna :hello?")
    with _anna(port) as anna:
        anna.wait_for_lines("── 1 unread in #tea ──", "bob: tea is ready")
        anna.wait_for_lines("── 1 unread from bob ──", "bob → anna: hello?")
        anna.press_ctrl_d()
    _talk(port, "bob", "PRIVMSG anna :anna?")
    with _anna(port) as anna:
        shown = anna.wait_for_lines("bob: tea is ready", "── 1 unread from bob ──", "bob → anna: anna?")
        assert not any("unread in #tea" in line for line in shown)
        anna.press_ctrl_d()


def test_lines_typed_while_the_server_is_down_are_stored_in_order(start: Start, port: int) -> None:
    server = serve(start, port)
    _register(port)
    with _anna(port) as anna:
        anna.wait_for_lines("You are in #tea.")
        anna.type("one")
        anna.wait_for_lines("anna: one")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(TIMEOUT_SECONDS)
        anna.wait_for_lines("Connection lost")
        for text in ("two", "dropped", "three"):
            anna.type(text)
            anna.wait_for_lines(f"queued: {text}")
        anna.type("/cancel 3")
        anna.wait_for_lines("dropped: dropped")
        serve(start, port)
        anna.wait_for_lines("Reconnected.", "anna: two", "anna: three")
        anna.press_ctrl_d()
    history = _talk(port, "walt", "JOIN #tea")
    assert re.findall(r"anna!\S+ PRIVMSG #tea :(?:\[[^]]+\] )?(\S+)", history) == ["one", "two", "three"]


def test_reply_reaction_and_deletion_reach_the_other_client(start: Start, port: int) -> None:
    serve(start, port)
    _register(port)
    bob = start("client", "-p", str(port), "-u", "bob", "--room", "#tea", "--json", "--follow")
    assert json.loads(bob.read())["type"] == "join"
    with _anna(port) as anna:
        anna.wait_for_lines("You are in #tea.")
        assert bob.process.stdin is not None
        bob.process.stdin.write("tea?\n")
        bob.process.stdin.flush()
        anna.wait_for_lines("bob: tea?")
        for line in ("/reply bob yes", "/react 👍", "/unreact 👍 bob"):
            anna.type(line)
        anna.wait_for_lines("anna (re bob: “tea?”): yes")
        anna.type("/redact anna oops")
        anna.wait_for_lines(
            "anna reacted 👍 to bob: “tea?”",
            "anna removed the reaction 👍 from bob: “tea?”",
            "anna deleted their message of ",
        )
        anna.press_ctrl_d()
    rows: list[dict[str, str]] = []
    while not (rows and rows[-1]["type"] == "redact"):
        rows.append(json.loads(bob.read()))
    question, reply, *reactions, redaction = [row for row in rows if row["type"] != "join"]
    assert (reply["text"], reply["reply_to"]) == ("yes", question["msgid"])
    assert [(row["type"], row["text"], row["reply_to"]) for row in reactions] == [
        ("react", "👍", question["msgid"]),
        ("unreact", "👍", question["msgid"]),
    ]
    assert (redaction["msgid"], redaction["text"]) == (reply["msgid"], "oops")
