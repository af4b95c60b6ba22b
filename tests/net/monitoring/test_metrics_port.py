"""The metrics port: its routes, and its limits on connections, size and time."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from prometheus_client import Gauge

from app.net.monitoring import http_server
from app.net.monitoring.http_server import MAX_CONNECTIONS, MAX_REQUEST_BYTES, MetricsServer
from app.net.monitoring.route import Route, host_of, is_loopback, json_reply
from tests.conftest import MovedClock
from tests.waiting import eventually

TIMEOUT_SECONDS = 20
TOKEN = "5ec2e7"
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
Dial = Callable[[], socket.socket]


@pytest.fixture
def endpoint(clock: MovedClock) -> Iterator[MetricsServer]:
    """A listener with one metric."""
    routes = {
        "/open": Route(lambda: json_reply({"open": True})),
        "/own": Route(lambda: json_reply({"own": True}), TOKEN),
    }
    server = MetricsServer("127.0.0.1", 0, clock, routes)
    Gauge("chat_answer", "An answer.", registry=server.registry).set(42)
    yield server
    server.close()


@pytest.fixture
def dial(endpoint: MetricsServer) -> Iterator[Dial]:
    """Return a function that opens a connection."""
    with ExitStack() as stack:

        def connect() -> socket.socket:
            return stack.enter_context(
                socket.create_connection(("127.0.0.1", endpoint.port), TIMEOUT_SECONDS)
            )

        yield connect


def rest(peer: socket.socket) -> bytes:
    """Return what the server sends until it closes the connection."""
    received = b""
    try:
        while data := peer.recv(65536):
            received += data
    except ConnectionResetError:
        pass  # the server did not read everything
    return received


def answer(peer: socket.socket, request: bytes = REQUEST) -> bytes:
    """Send a request and return the response."""
    peer.sendall(request)
    return rest(peer)


def has_room(dial: Dial) -> bool:
    """Return whether the server serves one more connection."""
    return b"chat_answer 42.0" in answer(dial())


def test_get_has_the_metrics_and_head_only_the_headers(dial: Dial) -> None:
    got, head = answer(dial()), answer(dial(), REQUEST.replace(b"GET", b"HEAD"))
    assert b"\nchat_answer 42.0\n" in got
    assert head.startswith(b"HTTP/1.0 200 OK\r\n")
    assert head.endswith(b"\r\n\r\n")
    assert got.partition(b"\r\n\r\n")[0].count(b"\r\n") == head.count(b"\r\n") - 2


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET /other HTTP/1.1", b"404"),
        (b"GET /metrics/../etc/passwd HTTP/1.1", b"404"),
        (b"GET / HTTP/1.1", b"404"),
        (b"GET /open/ HTTP/1.1", b"404"),
        (b"HEAD /other HTTP/1.1", b"404"),
        (b"POST /other HTTP/1.1", b"404"),
        (b"POST /metrics HTTP/1.1", b"405 Method Not Allowed"),
        (b"DELETE /open HTTP/1.1", b"\r\nAllow: GET, HEAD\r\n"),
        (b"NICK alice", b"HTTP/0.9"),
        (b"GET /metrics HTTP/9.9", b"505"),
    ],
)
def test_other_requests_are_refused(dial: Dial, line: bytes, status: bytes) -> None:
    assert status in answer(dial(), line + b"\r\n\r\n")
    assert has_room(dial)


def test_each_path_has_its_own_reply(dial: Dial) -> None:
    assert answer(dial(), b"GET /open?x=1 HTTP/1.1\r\n\r\n").endswith(b'\r\n\r\n{"open": true}\n')
    head = answer(dial(), b"HEAD /open HTTP/1.1\r\n\r\n")
    assert b"\r\nContent-Length: 15\r\n" in head
    assert head.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"localhost:9100", b"200"),
        (b"127.0.0.1", b"200"),
        (b"[::1]:9100", b"200"),
        (b"chat.example.org", b"403"),
        (b"127.0.0.1.evil.example", b"403"),
        (b"[", b"403"),
        (b"", b"403"),
    ],
)
def test_a_route_with_a_token_is_not_served_under_another_name(
    dial: Dial, host: bytes, status: bytes
) -> None:
    headers = b"Authorization: bearer " + TOKEN.encode() + b"\r\nHost: " + host
    response = answer(dial(), b"GET /own HTTP/1.1\r\n" + headers + b"\r\n\r\n")
    assert response.startswith(b"HTTP/1.0 " + status)
    assert (b'{"own": true}' in response) == (status == b"200")


@pytest.mark.parametrize(
    "credentials", [b"", b"Bearer", b"Bearer 5ec2e", b"Basic 5ec2e7", b"5ec2e7", b"Bearer \xff"]
)
def test_a_route_with_a_token_is_refused_without_it(dial: Dial, credentials: bytes) -> None:
    request = b"GET /own?5ec2e7 HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + credentials
    response = answer(dial(), request + b"\r\n\r\n")
    assert response.startswith(b"HTTP/1.0 401 Unauthorized\r\n")
    assert b"\r\nWWW-Authenticate: Bearer\r\n" in response
    assert b'"own"' not in response


def test_only_loopback_addresses_are_local() -> None:
    assert [is_loopback(address) for address in ("127.8.8.8", "::1", "localhost")] == [True] * 3
    assert not any(is_loopback(address) for address in ("192.0.2.1", "::", "2001:db8::1", "host", ""))
    assert host_of("[::1]:80") == "::1"


def test_connections_over_the_limit_are_refused_at_once(dial: Dial) -> None:
    idle = [dial() for _ in range(MAX_CONNECTIONS)]
    assert rest(dial()).startswith(b"HTTP/1.0 503 ")
    assert b"chat_answer" in answer(idle.pop())
    eventually(lambda: has_room(dial), TIMEOUT_SECONDS)


def test_idle_connections_hold_no_more_descriptors_than_the_limit(dial: Dial) -> None:
    peers = [dial() for _ in range(200)]
    refused = [rest(peer) for peer in peers[MAX_CONNECTIONS:]]  # each ends while the others are open
    assert all(b"chat_answer" not in response for response in refused)
    for peer in peers[:MAX_CONNECTIONS]:
        peer.close()
    eventually(lambda: has_room(dial), TIMEOUT_SECONDS)


def test_silent_connections_are_closed(dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "REQUEST_SECONDS", 0.1)
    assert [rest(peer) for peer in [dial() for _ in range(MAX_CONNECTIONS)]] == [b""] * MAX_CONNECTIONS
    eventually(lambda: has_room(dial), TIMEOUT_SECONDS)


def test_one_byte_at_a_time_does_not_extend_the_deadline(dial: Dial, clock: MovedClock) -> None:
    slow = dial()
    slow.sendall(b"GET /")
    while True:
        clock.instant += 1_000
        try:
            slow.sendall(b"m")
            slow.settimeout(0.01)
            assert slow.recv(1) == b""
            return
        except TimeoutError:
            continue
        except ConnectionError:
            return


@pytest.mark.parametrize(
    "part", [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * 9]
)
def test_a_request_without_end_is_closed_unread(dial: Dial, part: bytes) -> None:
    peer = dial()
    try:
        peer.sendall(part)
        peer.sendall(b"x" * (MAX_REQUEST_BYTES + 1))
    except ConnectionError:
        return
    assert rest(peer) == b""


def test_a_peer_that_hangs_up_leaves_room_for_others(dial: Dial) -> None:
    for _ in range(3 * MAX_CONNECTIONS):
        peer = dial()
        peer.sendall(b"GET /met")
        peer.close()
    eventually(lambda: has_room(dial), TIMEOUT_SECONDS)
