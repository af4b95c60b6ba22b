"""The log of connections: each with its client's address, and why it ended (docs/admin.md)."""

import logging
from collections.abc import Callable

import pytest
from websockets.sync.client import connect

from tests.conftest import MovedClock
from tests.net.conftest import Serve
from tests.net.running_server import RunningServer
from tests.process.socket_client import TIMEOUT_SECONDS, SocketClient
from tests.waiting import eventually

Entries = Callable[[str], list[str]]


@pytest.fixture
def entries(caplog: pytest.LogCaptureFixture) -> Entries:
    """Return a function that waits for an entry with a text, and returns the entries so far."""
    caplog.set_level(logging.INFO, "app.access_log")

    def take(text: str) -> list[str]:
        def found() -> list[str]:
            return [str(record.msg) for record in caplog.records if record.name == "app.access_log"]

        eventually(lambda: any(text in entry for entry in found()), TIMEOUT_SECONDS)
        return found()

    return take


def ended(reason: str, nick: str = "anna", address: str = "127.0.0.1", seconds: int = 0) -> str:
    """Return the entry of a connection that ended."""
    return f'disconnected address={address} nick="{nick}" account="*" seconds={seconds} reason="{reason}"'


def test_connections_are_logged_with_how_they_end(
    chat: RunningServer, entries: Entries, clock: MovedClock
) -> None:
    with SocketClient(chat.port) as anna:
        anna.register("anna")
        clock.instant += 5000
        anna.send('QUIT :what she says" address=6.6.6.6')
        anna.rest()
    assert entries("disconnected") == ["connected address=127.0.0.1 secure=no", ended("Quit", seconds=5)]


def test_the_reason_of_the_server_is_logged(chat: RunningServer, entries: Entries, clock: MovedClock) -> None:
    with SocketClient(chat.port) as silent:
        silent.send("PING here")
        silent.hears("PONG")
        clock.instant += 61_000
        silent.rest()
    assert entries("disconnected")[-1] == ended("Registration timed out", nick="*", seconds=61)


def test_encrypted_connections_are_logged_as_such(chat: RunningServer, entries: Entries) -> None:
    chat.connect("anna", tls=True)
    assert entries("connected") == ["connected address=127.0.0.1 secure=yes"]


def test_the_address_behind_a_proxy_is_logged(serve: Serve, entries: Entries) -> None:
    chat = serve(proxy_from=["127.0.0.1"])
    peer = chat.connect()
    peer.socket.sendall(b"PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n")
    peer.register("anna")
    peer.socket.close()
    address = "2001:db8::7"
    assert entries("disconnected") == [
        f"connected address={address} secure=no",
        ended("Connection closed", address=address),
    ]


def test_the_address_of_a_web_client_behind_a_proxy_is_logged(serve: Serve, entries: Entries) -> None:
    chat = serve(proxy_from=["127.0.0.1"])
    with SocketClient(chat.ports["WebSocket"]) as raw:
        raw.socket.sendall(b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n")
        with connect("ws://localhost/", sock=raw.socket):
            assert entries("connected") == ["connected address=192.0.2.7 secure=no"]


def test_a_refused_connection_is_logged(serve: Serve, entries: Entries) -> None:
    chat = serve(max_connections=1)
    chat.connect("anna")
    with SocketClient(chat.port) as other:
        assert other.rest() == ["ERROR :Closing link: The server is full; try again later"]
    assert entries("refused")[-1] == 'refused address=127.0.0.1 reason="The server is full; try again later"'
