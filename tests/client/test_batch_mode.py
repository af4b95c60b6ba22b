"""Pipe mode: the installed program as a process, talking to a server that the test plays."""

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.client.harness import page, said
from tests.client.scripted_server import SECONDS, ScriptedServer

START = "from app.cli.client import main; main()"
TLS = Path(__file__).parents[1] / "tls"


@pytest.fixture
def peer() -> Iterator[ScriptedServer]:
    """A server on loopback."""
    with ScriptedServer() as server:
        yield server


class Client:
    """A running chat-client."""

    def __init__(self, folder: Path, port: int, *arguments: str) -> None:
        command = [sys.executable, "-c", START, "-p", str(port), "--room", "#tea", *arguments]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CHAT_")}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=environment | {"TZ": "UTC", "PYTHONPATH": str(Path(__file__).parents[2])},
        )

    def finish(self, text: str | None = None) -> tuple[int, str, str]:
        """Give it the rest of its input, and return its exit code, its output and its errors."""
        out, err = self.process.communicate(text, timeout=SECONDS)
        return self.process.returncode, out, err

    def type(self, text: str) -> None:
        """Give it a line of input."""
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def end_input(self) -> None:
        """Let its input end."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def read_error(self) -> str:
        """Wait for its next line on standard error."""
        assert self.process.stderr is not None
        return self.process.stderr.readline().rstrip("\n")

    def errors(self) -> str:
        """Return what it wrote to standard error, to the end."""
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def close(self) -> None:
        """End it if it still runs, and close every pipe to it."""
        self.process.kill()
        self.process.wait(SECONDS)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def read(self) -> str:
        """Wait for its next line of output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")


Start = Callable[..., Client]


@pytest.fixture
def start(tmp_path: Path, peer: ScriptedServer) -> Iterator[Start]:
    """Starts clients of the server, and ends them after the test."""
    running: list[Client] = []

    def begin(*arguments: str, port: int = peer.port) -> Client:
        running.append(Client(tmp_path, port, *arguments))
        return running[-1]

    yield begin
    for client in running:
        client.close()


@pytest.fixture
def client(start: Start) -> Client:
    """A client that sends as `bot`."""
    return start("-u", "bot")


def test_every_line_is_sent_and_the_exit_code_is_zero(peer: ScriptedServer, client: Client) -> None:
    client.type("one")
    peer.welcome("bot")
    assert peer.echo() == "one"
    client.type("/etc is a folder")
    assert peer.echo() == "/etc is a folder"
    client.end_input()
    peer.expect("QUIT *")
    peer.hang_up()
    assert client.read() == "[2026-11-22 12:00:05] bot: one"
    assert client.read() == "[2026-11-22 12:00:05] bot: /etc is a folder"
    assert client.process.wait(SECONDS) == 0


def test_refused_line_fails_the_run(peer: ScriptedServer, client: Client) -> None:
    client.type("one")
    peer.welcome("bot")
    label = peer.hear().split(" ")[0]
    peer.say(f"{label} :srv 404 bot #tea :You may not speak here")
    client.end_input()
    peer.expect("QUIT *")
    peer.hang_up()
    assert client.process.wait(SECONDS) == 1
    errors = client.errors()
    assert "! not sent: one — You may not speak here" in errors
    assert "Error: 1 message not sent." in errors


def test_input_larger_than_the_window_is_sent_completely(peer: ScriptedServer, client: Client) -> None:
    peer_text = "\n".join(str(number) for number in range(200)) + "\n"
    assert client.process.stdin is not None
    client.process.stdin.write(peer_text)
    client.process.stdin.close()
    peer.welcome("bot")
    assert [peer.echo() for _ in range(200)] == [str(number) for number in range(200)]
    peer.expect("QUIT *")
    peer.hang_up()
    assert client.process.stdout is not None
    assert len(client.process.stdout.readlines()) == 200
    assert client.process.wait(SECONDS) == 0


def test_reconnect_does_not_resend_a_stored_line(peer: ScriptedServer, client: Client) -> None:
    client.type("one")
    peer.welcome("bot")
    peer.hear()
    peer.hang_up()
    assert client.read_error() == "Connection lost: The server closed the connection."
    client.type("two")
    peer.welcome("bot")
    peer.expect("CHATHISTORY AFTER #tea timestamp=2026-11-22T12:00:00.000Z 50")
    peer.say(*page("#tea", said("m1", "one", nick="bot")))
    peer.expect("CHATHISTORY AFTER #tea msgid=m1 50")
    peer.say(*page("#tea"))
    assert peer.echo() == "two"
    client.end_input()
    peer.expect("QUIT *")
    peer.hang_up()
    assert client.process.wait(SECONDS) == 0


def test_json_follow_keeps_listening(peer: ScriptedServer, start: Start) -> None:
    client = start("-u", "bot", "--json", "--follow")
    peer.welcome("bot")
    peer.say(said("m1", "hello"), ":bob!~b@h PART #tea :bye")
    assert json.loads(client.read())["type"] == "join"
    assert json.loads(client.read()) == {
        "type": "message",
        "at": "2026-11-22T12:00:01.000Z",
        "room": "#tea",
        "from": "bob",
        "text": "hello",
        "msgid": "m1",
        "account": "",
        "direct": False,
        "mine": False,
    }
    assert json.loads(client.read())["type"] == "part"
    client.end_input()
    client.process.send_signal(signal.SIGINT)
    peer.expect("QUIT *")
    peer.hang_up()
    assert client.process.wait(SECONDS) in (0, 130)


def test_registered_nick_without_password_fails(peer: ScriptedServer, client: Client) -> None:
    peer.accept()
    peer.expect("CAP LS 302", "NICK bot", "USER *")
    peer.say(":srv CAP * LS :sasl=PLAIN", ":srv 433 * bot :The nick is registered")
    code, _, errors = client.finish("one\n")
    assert code == 1
    assert errors.endswith("Error: bot is registered. Pass the password with --password-file.\n")


def test_password_is_read_from_a_file(tmp_path: Path, peer: ScriptedServer, start: Start) -> None:
    (tmp_path / "secret").write_text("pencil\n")
    client = start("-u", "bot", "--password-file", "secret")
    peer.accept()
    peer.expect("CAP LS 302", "NICK bot", "USER *")
    peer.say(":srv CAP * LS :sasl=PLAIN", ":srv 433 * bot :The nick is registered", ":srv CAP * ACK :sasl")
    peer.expect("CAP REQ sasl", "AUTHENTICATE PLAIN")
    peer.say("AUTHENTICATE +")
    peer.expect("AUTHENTICATE AGJvdABwZW5jaWw=")
    peer.say(":srv 904 * :Wrong name or password")
    code, _, errors = client.finish("one\n")
    assert (code, errors) == (1, "Error: Cannot log in as bot: Wrong name or password\n")


def test_unreachable_server_fails_after_the_timeout(peer: ScriptedServer, start: Start) -> None:
    port = peer.port
    peer.__exit__(None, None, None)
    client = start("--timeout", "1", port=port)
    code, out, errors = client.finish("one\n")
    assert (code, out) == (1, "")
    assert f"Error: No connection to 127.0.0.1 port {port} for 1 s." in errors


@pytest.fixture
def tls_peer() -> Iterator[ScriptedServer]:
    """A server on loopback with a certificate that nobody vouches for."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    with ScriptedServer(context) as server:
        yield server


def test_unverifiable_certificate_fails(tls_peer: ScriptedServer, start: Start) -> None:
    client = start("--tls", port=tls_peer.port)
    with pytest.raises(OSError, match=r"alert|EOF|reset"):
        tls_peer.accept()
    code, _, errors = client.finish("one\n")
    assert code == 1
    assert errors.startswith("Error: Cannot verify the certificate of 127.0.0.1: ")


def test_unverified_tls_warns_and_works(tls_peer: ScriptedServer, start: Start) -> None:
    client = start("-u", "bot", "--tls", "--no-tls-verify", port=tls_peer.port)
    client.type("one")
    tls_peer.welcome("bot")
    assert tls_peer.echo() == "one"
    client.end_input()
    tls_peer.expect("QUIT *")
    tls_peer.hang_up()
    assert client.process.wait(SECONDS) == 0
    assert "not verified" in client.errors()
