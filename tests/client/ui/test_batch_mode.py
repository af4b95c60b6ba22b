"""Batch mode: the program as a process, connected to a scripted server."""

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.client.harness import history_batch, privmsg
from tests.client.scripted_server import TIMEOUT_SECONDS, ScriptedServer

MAIN = "from app.cli.client import main; main()"
TLS = Path(__file__).parents[2] / "tls"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A scripted server on loopback."""
    with ScriptedServer() as server:
        yield server


class ClientProcess:
    """A running chat-client process."""

    def __init__(self, folder: Path, port: int, *arguments: str, stdin: int = subprocess.PIPE) -> None:
        command = [sys.executable, "-c", MAIN, "-p", str(port), "--room", "#tea", *arguments]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CHAT_")}
        self.process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=environment | {"TZ": "UTC", "PYTHONPATH": str(Path(__file__).parents[3])},
        )

    def finish(self, text: str | None = None) -> tuple[int, str, str]:
        """Write a text, close the input, and return exit code, output and errors."""
        out, err = self.process.communicate(text, timeout=TIMEOUT_SECONDS)
        return self.process.returncode, out, err

    def type(self, text: str) -> None:
        """Write a line to its input."""
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def end_input(self) -> None:
        """Close its input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def read_error(self) -> str:
        """Return the next line of standard error."""
        assert self.process.stderr is not None
        return self.process.stderr.readline().rstrip("\n")

    def read_all_errors(self) -> str:
        """Return standard error up to its end."""
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def close(self) -> None:
        """Kill it if it is running, and close all pipes."""
        self.process.kill()
        self.process.wait(TIMEOUT_SECONDS)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def read(self) -> str:
        """Return the next line of standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")


Start = Callable[..., ClientProcess]


@pytest.fixture
def start(tmp_path: Path, server: ScriptedServer) -> Iterator[Start]:
    """Starts clients of the server, and kills them after the test."""
    running: list[ClientProcess] = []

    def start_client(*arguments: str, port: int = server.port) -> ClientProcess:
        running.append(ClientProcess(tmp_path, port, *arguments))
        return running[-1]

    yield start_client
    for client in running:
        client.close()


@pytest.fixture
def client(start: Start) -> ClientProcess:
    """A client named `bot`."""
    return start("-u", "bot")


def test_every_line_is_sent_and_the_exit_code_is_zero(server: ScriptedServer, client: ClientProcess) -> None:
    client.type("one")
    server.welcome("bot")
    assert server.echo_message() == "one"
    client.type("/etc is a folder")
    assert server.echo_message() == "/etc is a folder"
    client.end_input()
    server.expect("QUIT *")
    server.disconnect()
    assert client.read() == "[2026-11-22 12:00:05] bot: one"
    assert client.read() == "[2026-11-22 12:00:05] bot: /etc is a folder"
    assert client.process.wait(TIMEOUT_SECONDS) == 0


def test_refused_line_fails_the_run(server: ScriptedServer, client: ClientProcess) -> None:
    client.type("one")
    server.welcome("bot")
    label = server.receive().split(" ")[0]
    server.send(f"{label} :srv 404 bot #tea :You may not speak here")
    client.end_input()
    server.expect("QUIT *")
    server.disconnect()
    assert client.process.wait(TIMEOUT_SECONDS) == 1
    errors = client.read_all_errors()
    assert "! not sent: one — You may not speak here" in errors
    assert "Error: 1 message not sent." in errors


def test_input_larger_than_the_window_is_sent_completely(
    server: ScriptedServer, client: ClientProcess
) -> None:
    text = "\n".join(str(number) for number in range(200)) + "\n"
    assert client.process.stdin is not None
    client.process.stdin.write(text)
    client.process.stdin.close()
    server.welcome("bot")
    assert [server.echo_message() for _ in range(200)] == [str(number) for number in range(200)]
    server.expect("QUIT *")
    server.disconnect()
    assert client.process.stdout is not None
    assert len(client.process.stdout.readlines()) == 200
    assert client.process.wait(TIMEOUT_SECONDS) == 0


def test_reconnect_does_not_resend_a_stored_line(server: ScriptedServer, client: ClientProcess) -> None:
    client.type("one")
    server.welcome("bot")
    server.receive()
    server.disconnect()
    assert client.read_error() == "Connection lost: The server closed the connection."
    client.type("two")
    server.welcome("bot")
    server.expect("CHATHISTORY AFTER #tea timestamp=2026-11-22T12:00:00.000Z 50")
    server.send(*history_batch("#tea", privmsg("m1", "one", nick="bot")))
    server.expect("CHATHISTORY AFTER #tea msgid=m1 50")
    server.send(*history_batch("#tea"))
    assert server.echo_message() == "two"
    client.end_input()
    server.expect("QUIT *")
    server.disconnect()
    assert client.process.wait(TIMEOUT_SECONDS) == 0


def test_json_follow_keeps_listening(server: ScriptedServer, start: Start) -> None:
    client = start("-u", "bot", "--json", "--follow")
    server.welcome("bot")
    server.send(privmsg("m1", "hello"), ":bob!~b@h PART #tea :bye")
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
        "reply_to": "",
    }
    assert json.loads(client.read())["type"] == "part"
    client.end_input()
    client.process.send_signal(signal.SIGINT)
    server.expect("QUIT *")
    server.disconnect()
    assert client.process.wait(TIMEOUT_SECONDS) in (0, 130)


def test_direct_message_names_the_recipient(server: ScriptedServer, start: Start) -> None:
    client = start("-u", "bot", "--follow")
    server.welcome("bot")
    server.send(privmsg("m1", "psst", room="bot"))
    assert client.read() == "[2026-11-22 12:00:01] bob → bot: psst"


def test_registered_nick_without_password_fails(server: ScriptedServer, client: ClientProcess) -> None:
    server.accept()
    server.expect("CAP LS 302", "NICK bot", "USER *")
    server.send(":srv CAP * LS :sasl=PLAIN", ":srv 433 * bot :The nick is registered")
    code, _, errors = client.finish("one\n")
    assert code == 1
    assert errors.endswith("Error: bot is registered. Pass the password with --password-file.\n")


def test_password_is_read_from_a_file(tmp_path: Path, server: ScriptedServer, start: Start) -> None:
    (tmp_path / "secret").write_text("pencil\n")
    client = start("-u", "bot", "--password-file", "secret")
    server.accept()
    server.expect("CAP LS 302", "NICK bot", "USER *")
    server.send(":srv CAP * LS :sasl=PLAIN", ":srv 433 * bot :The nick is registered", ":srv CAP * ACK :sasl")
    server.expect("CAP REQ sasl", "AUTHENTICATE PLAIN")
    server.send("AUTHENTICATE +")
    server.expect("AUTHENTICATE AGJvdABwZW5jaWw=")
    server.send(":srv 904 * :Wrong name or password")
    code, _, errors = client.finish("one\n")
    assert (code, errors) == (1, "Error: Cannot log in as bot: Wrong name or password\n")


def test_unreachable_server_fails_after_the_timeout(server: ScriptedServer, start: Start) -> None:
    port = server.port
    server.close()
    client = start("--timeout", "1", port=port)
    code, out, errors = client.finish("one\n")
    assert (code, out) == (1, "")
    assert f"Error: No connection to 127.0.0.1 port {port} for 1 s." in errors


@pytest.fixture
def tls_server() -> Iterator[ScriptedServer]:
    """A TLS server on loopback with a self-signed certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    with ScriptedServer(context) as server:
        yield server


def test_unverifiable_certificate_fails(tls_server: ScriptedServer, start: Start) -> None:
    client = start("--tls", port=tls_server.port)
    with pytest.raises(OSError, match=r"alert|EOF|reset"):
        tls_server.accept()
    code, _, errors = client.finish("one\n")
    assert code == 1
    assert errors.startswith("Error: Cannot verify the certificate of 127.0.0.1: ")


def test_unverified_tls_warns_and_works(tls_server: ScriptedServer, start: Start) -> None:
    client = start("-u", "bot", "--tls", "--no-tls-verify", port=tls_server.port)
    client.type("one")
    tls_server.welcome("bot")
    assert tls_server.echo_message() == "one"
    client.end_input()
    tls_server.expect("QUIT *")
    tls_server.disconnect()
    assert client.process.wait(TIMEOUT_SECONDS) == 0
    assert "not verified" in client.read_all_errors()


def test_json_listens_if_the_input_is_the_null_device(server: ScriptedServer, tmp_path: Path) -> None:
    client = ClientProcess(tmp_path, server.port, "--json", "-u", "anna", stdin=subprocess.DEVNULL)
    server.welcome("anna")
    server.send(privmsg("m1", "still here"))
    assert client.process.stdout is not None
    lines = iter(client.process.stdout.readline, "")
    assert "still here" in next(line for line in lines if '"message"' in line)
    client.process.terminate()
    server.expect("QUIT *")
    assert client.process.wait(TIMEOUT_SECONDS) == 0
    client.close()


def test_unknown_host_ends_the_client_at_the_first_start(tmp_path: Path) -> None:
    client = ClientProcess(tmp_path, 6667, "-i", "no-such-host.invalid")
    code, out, errors = client.finish("hello\n")
    assert (code, out) == (1, "")
    assert errors.count("Unknown host no-such-host.invalid.") == 1
    client.close()
