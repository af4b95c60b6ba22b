"""A connection that never completes what its listener waits for is closed after `register_timeout`.

It makes no difference whether it is silent or sends a byte at a time.
"""

import ssl
from contextlib import suppress
from itertools import chain, islice, repeat

import pytest

from tests.conftest import MovedClock
from tests.net.conftest import Serve
from tests.net.running_server import RunningServer, trust
from tests.process.socket_client import SocketClient
from tests.waiting import eventually

STEP_MILLISECONDS = 1_000
TIMEOUT_SECONDS = 30
MAX_STEPS = 400  # of the clock; a connection that is not closed by then fails the test


def client_hello() -> bytes:
    """Return the first message of a TLS handshake."""
    outgoing = ssl.MemoryBIO()
    client = trust().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


PARTS = {  # by listener: what a connection sends and never completes
    "IRC": b"NICK ",
    "TLS": client_hello()[:-1],
    "WebSocket": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
    "WebSocket in TLS": client_hello()[:-1],
}


def is_closed(peer: SocketClient) -> bool:
    """Return whether the server has closed the connection, after a short wait."""
    peer.socket.settimeout(0.05)
    try:
        while peer.socket.recv(4096):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def drip(peer: SocketClient, part: bytes, clock: MovedClock) -> bool:
    """Send a byte per step of the clock; return whether the server closes the connection."""
    for byte in islice(chain(part, repeat(ord("x"))), MAX_STEPS):
        clock.instant += STEP_MILLISECONDS
        with suppress(OSError):
            peer.socket.sendall(bytes([byte]))
        if is_closed(peer):
            return True
    return False


def is_closed_in_silence(peer: SocketClient, clock: MovedClock) -> bool:
    """Return whether the server closes a connection that sends nothing."""
    for _ in range(MAX_STEPS):
        clock.instant += STEP_MILLISECONDS
        if is_closed(peer):
            return True
    return False


@pytest.fixture
def chat(serve: Serve) -> RunningServer:
    """A server that closes what does not register in time."""
    return serve(register_timeout=TIMEOUT_SECONDS)


@pytest.mark.parametrize("listener", PARTS)
def test_a_byte_at_a_time_does_not_extend_the_time_to_register(
    chat: RunningServer, clock: MovedClock, listener: str
) -> None:
    with SocketClient(chat.ports[listener]) as peer:
        assert drip(peer, PARTS[listener], clock)


@pytest.mark.parametrize("listener", PARTS)
def test_a_silent_connection_is_closed(chat: RunningServer, clock: MovedClock, listener: str) -> None:
    with SocketClient(chat.ports[listener]) as peer:
        assert is_closed_in_silence(peer, clock)


@pytest.mark.parametrize("listener", PARTS)
def test_a_half_finished_connection_that_falls_silent_is_closed(
    chat: RunningServer, clock: MovedClock, listener: str
) -> None:
    with SocketClient(chat.ports[listener]) as peer:
        peer.socket.sendall(PARTS[listener])
        assert is_closed_in_silence(peer, clock)


@pytest.mark.parametrize("listener", PARTS)
@pytest.mark.parametrize("header", [b"PROXY TCP4 ", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x0f\x00"])
def test_a_proxy_header_that_never_ends_is_closed(
    serve: Serve, clock: MovedClock, listener: str, header: bytes
) -> None:
    chat = serve(register_timeout=TIMEOUT_SECONDS, proxy_from=["127.0.0.1"])
    with SocketClient(chat.ports[listener]) as peer:
        assert drip(peer, header, clock)


@pytest.mark.parametrize("listener", PARTS)
def test_unfinished_connections_count_toward_the_limit_and_leave_it(
    serve: Serve, clock: MovedClock, listener: str
) -> None:
    chat = serve(register_timeout=TIMEOUT_SECONDS, max_connections=4)
    with (
        SocketClient(chat.ports[listener]),
        SocketClient(chat.ports[listener]),
        SocketClient(chat.ports[listener]),
        SocketClient(chat.ports[listener]) as last,
    ):
        eventually(lambda: chat.open_sockets == 4, TIMEOUT_SECONDS)
        refused = chat.connect()
        assert refused.rest() == ["ERROR :Closing link: The server is full; try again later"]
        assert is_closed_in_silence(last, clock)
