"""Connections over real sockets: framing, half-close, resets, floods, timeouts and limits."""

import socket
import struct
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import MovedClock
from tests.net.conftest import Serve
from tests.net.running_server import RunningServer
from tests.process.socket_client import SocketClient

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with a timeout of 0 seconds
pytestmark = pytest.mark.usefixtures("either_receives")
CONVERSATION = (
    "NICK alice\r\nUSER alice 0 * :Alice\nJOIN #tea\r\nPRIVMSG #tea :\x85 one\u2028line\x0b\nPING end\r\n"
).encode()


def reset(peer: SocketClient) -> None:
    """Close a connection with a TCP reset."""
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    peer.close()


def test_framing_does_not_depend_on_segmentation(chat: RunningServer) -> None:
    bob = chat.connect("bob")
    bob.send("JOIN #tea")
    bob.fence()
    replies = []
    for size in (1, 7, len(CONVERSATION)):
        with SocketClient(chat.port) as alice:
            for start in range(0, len(CONVERSATION), size):
                alice.socket.sendall(CONVERSATION[start : start + size])
            replies.append(alice.until(lambda line: line.command == "PONG"))
            assert bob.hears("PRIVMSG")[-1].endswith("PRIVMSG #tea :\x85 one\u2028line\x0b")
            alice.send("QUIT")
        bob.hears("QUIT")
    assert replies[0] == replies[1] == replies[2]


@pytest.mark.parametrize(
    ("raw", "reply"),
    [
        (b"PING a\0b\r\n", ":ab"),
        (b"PRIVMSG #general :\xff\xfe\r\n", "INVALID_UTF8"),
        (b"PRIVMSG #general :" + b"x" * 600 + b"\r\n", " 417 "),
        (b"@" + b"x" * 5000 + b" PING a\r\n", " 417 "),
        (b"\r\n \r\n\n:\r\nPING next\r\n", ":next"),
    ],
)
def test_invalid_line_gets_an_error_and_the_next_is_processed(
    chat: RunningServer, raw: bytes, reply: str
) -> None:
    alice, bob = chat.connect("alice"), chat.connect("bob")
    alice.fence()
    alice.socket.sendall(raw)
    assert reply in " ".join(alice.fence() or [reply])
    bob.send("PRIVMSG alice :still there?")
    assert alice.line().endswith(":still there?")


@pytest.mark.parametrize("end", [b"", b"\r\n"])
def test_overlong_line_closes_the_connection(chat: RunningServer, end: bytes) -> None:
    alice, bob = chat.connect("alice"), chat.connect("bob")
    alice.socket.sendall(b"x" * (16 * 1024 + 1) + end)
    assert alice.rest()[-1] == "ERROR :Closing link: A line is longer than 16384 bytes"
    assert bob.line().endswith(" QUIT :A line is longer than 16384 bytes")


def test_urgent_data_is_received_in_band(chat: RunningServer) -> None:
    alice, bob = chat.connect("alice"), chat.connect("bob")
    alice.socket.sendall(b"PRIVMSG bob :o")
    for byte in (b"n", b"e"):
        alice.socket.send(byte, socket.MSG_OOB)
    alice.send("")
    assert bob.hears("PRIVMSG")[-1].endswith(" PRIVMSG bob :one")


def test_error_line_arrives_despite_unread_input(chat: RunningServer) -> None:
    alice = chat.connect("alice")
    alice.send("QUIT :bye", *(f"PRIVMSG #general :{'x' * 400}" for _ in range(2000)))
    assert alice.rest()[-1] == "ERROR :Quit: bye"


def test_half_closed_connection_gets_its_replies(chat: RunningServer) -> None:
    with SocketClient(chat.port) as transport:
        transport.send("NICK pipe", "USER pipe 0 * :Pipe", "PRIVMSG #general :from a script", "PING end")
        transport.socket.shutdown(socket.SHUT_WR)
        assert transport.rest()[-1].endswith(":end")


def test_half_closed_connection_that_never_reads_is_dropped(serve: Serve, clock: MovedClock) -> None:
    chat = serve(sendq=1 << 28)
    alice, bob = chat.connect("alice", receive_buffer=1024), chat.connect("bob", "echo-message")
    for _ in range(200):
        bob.send(*(f"PRIVMSG #general :{'x' * 400}" for _ in range(100)))
        bob.fence()
    alice.socket.shutdown(socket.SHUT_WR)
    bob.hears(":alice!~alice@127.0.0.1 QUIT :Connection closed")
    while bob.is_silent(0.1) and chat.open_sockets > 1:
        clock.instant += 1_000
    assert len(alice.rest()) < 20_000, "queued data is dropped"


def test_connection_reset_is_a_quit_and_loses_no_messages(chat: RunningServer) -> None:
    bob = chat.connect("bob", "echo-message")
    for number in range(10):
        leaving = chat.connect("alice")
        bob.hears("JOIN")
        bob.send(*(f"PRIVMSG #general :{number} {index} {'x' * 400}" for index in range(200)))
        reset(leaving)
        lines = [*bob.hears(f":{number} 199"), *bob.fence()]
        if not any(" QUIT :" in line for line in lines):
            bob.hears(":alice!~alice@127.0.0.1 QUIT :")
        assert sum("PRIVMSG" in line for line in lines) == 200


def test_reused_descriptors_receive_no_foreign_data(chat: RunningServer) -> None:
    """Clients connect and disconnect while a room is busy; unregistered ones receive none of it."""
    speakers = [chat.connect(f"loud{number}", "echo-message") for number in range(2)]
    stop = threading.Event()

    def send_repeatedly(peer: SocketClient) -> None:
        while not stop.is_set():
            peer.send(*(f"PRIVMSG #general :{'x' * 300}" for _ in range(20)))
            peer.fence()

    threads = [threading.Thread(target=send_repeatedly, args=(peer,)) for peer in speakers]
    for thread in threads:
        thread.start()
    try:
        for number in range(60):
            guest = chat.connect(f"guest{number}")
            silent = chat.connect()
            (reset if number % 2 else SocketClient.close)(guest)
            silent.send("CAP LS")
            assert " CAP * LS " in silent.line()
            assert silent.fence() == [], "no message of the room reached an unregistered connection"
            silent.close()
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_rate_limited_client_does_not_delay_others(serve: Serve) -> None:
    chat = serve(flood_rate=20, flood_burst=20)
    bob, flooder = chat.connect("bob"), chat.connect("flooder")
    flooder.send(*(f"PRIVMSG #general :{number}" for number in range(2000)))
    assert bob.hears("PRIVMSG")[-1].endswith(":0")
    for _ in range(5):
        assert not any(line.endswith(":1999") for line in bob.fence())
    reset(flooder)
    assert bob.hears("QUIT")[-1].endswith("QUIT :Connection reset by peer")


def test_registration_timeout_closes_the_connection(serve: Serve, clock: MovedClock) -> None:
    chat = serve(register_timeout=30)
    slow, alice = chat.connect(), chat.connect("alice")
    slow.send("NICK slow", "PING here")
    slow.hears("PONG")
    clock.instant += 31_000
    assert slow.rest() == ["ERROR :Closing link: Registration timed out"]
    assert alice.fence() == []


def count_unregistered(peer: SocketClient) -> int:
    """Return the number of unregistered connections, as reported by LUSERS."""
    peer.send("LUSERS")
    return sum(int(line.split(" ")[3]) for line in peer.fence() if " 253 " in line)


def test_silent_connection_counts_until_registration_timeout(serve: Serve, clock: MovedClock) -> None:
    chat = serve(register_timeout=30)
    alice, silent, slow = chat.connect("alice"), chat.connect(), chat.connect()
    slow.socket.sendall(b"NICK sl")
    while count_unregistered(alice) < 2:
        pass
    clock.instant += 31_000
    for peer in (silent, slow):
        assert peer.rest() == ["ERROR :Closing link: Registration timed out"]
    assert count_unregistered(alice) == 0


def test_a_rate_limited_first_line_still_announces_the_client(serve: Serve, clock: MovedClock) -> None:
    chat = serve(flood_burst=50, flood_rate=1)
    alice, flooder = chat.connect("alice"), chat.connect()
    flooder.socket.sendall(b"\n" * (60 * 1024))
    for _ in range(1_000):
        clock.instant += 5_000  # refills the tokens of alice; the flooder waits on a real clock
        if count_unregistered(alice):
            return
    raise AssertionError("the flooder is not counted")


def test_connection_closed_without_input_is_removed(chat: RunningServer) -> None:
    alice = chat.connect("alice")
    for _ in range(20):
        SocketClient(chat.port).close()
    while chat.open_sockets > 1:
        alice.fence()
    assert count_unregistered(alice) == 0


def test_idle_client_is_pinged_and_then_times_out(serve: Serve, clock: MovedClock) -> None:
    chat = serve(ping_interval=60, ping_timeout=30)
    silent, lively = chat.connect("silent"), chat.connect("lively")
    silent.fence()
    clock.instant += 61_000
    silent.hears("PING :server.internal")
    lively.hears("PING :server.internal")
    lively.send("PONG :server.internal")
    lively.fence()
    clock.instant += 31_000
    assert silent.rest() == ["ERROR :Closing link: Ping timeout"]
    while lively.is_silent(0.1):  # the server waits a while for it to close
        clock.instant += 1_000
    assert lively.hears("QUIT")[-1] == ":silent!~silent@127.0.0.1 QUIT :Ping timeout"
    lively.fence()


def test_client_that_does_not_read_exceeds_sendq(serve: Serve) -> None:
    chat = serve(sendq=65536)
    chat.connect("deaf", receive_buffer=1024)
    alice = chat.connect("alice", "echo-message")
    for _ in range(500):
        alice.send(*(f"PRIVMSG #general :{'x' * 400}" for _ in range(100)))
        if any(line == ":deaf!~deaf@127.0.0.1 QUIT :SendQ exceeded" for line in alice.fence()):
            return
    raise AssertionError("the client is still connected")


def test_client_that_reads_survives_bursts_above_sendq(serve: Serve) -> None:
    chat = serve(sendq=65536)
    alice, bob = chat.connect("alice"), chat.connect("bob")
    for _ in range(5):
        lines = [f"PRIVMSG #general :{'x' * 20} {number}" for number in range(1500)]
        alice.send(*lines)
        assert sum("PRIVMSG" in line for line in bob.hears(" 1499")) == len(lines)


def test_connection_above_max_connections_is_refused(serve: Serve) -> None:
    chat = serve(max_connections=2)
    alice, bob = chat.connect("alice"), chat.connect("bob")
    assert chat.connect().rest() == ["ERROR :Closing link: The server is full; try again later"]
    bob.send("QUIT")
    bob.rest()
    bob.close()
    alice.hears("QUIT")
    while chat.open_sockets > 1:
        alice.fence()
    chat.connect("carol")


def test_refusal_uses_the_protocol_of_each_listener(serve: Serve) -> None:
    chat = serve(max_connections=1)
    chat.connect("alice")
    with SocketClient(chat.ports["WebSocket"]) as page, SocketClient(chat.tls_port) as stranger:
        lines = page.rest()
        assert (lines[0], lines[-1]) == (
            "HTTP/1.1 503 Service Unavailable",
            "ERROR :Closing link: The server is full; try again later",
        )
        assert stranger.rest_of_bytes() == b"", "nothing is sent in clear"


def test_unregistered_connections_are_limited(serve: Serve) -> None:
    chat = serve(max_unregistered=2)
    alice, first, second = chat.connect("alice"), chat.connect(), chat.connect()
    first.fence()
    second.fence()
    refused = chat.connect().rest()
    assert refused == ["ERROR :Closing link: Too many connections are registering; try again later"]
    first.register("bob")
    chat.connect("carol")
    second.close()
    assert alice.hears("carol")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=3000))
def test_arbitrary_input_does_not_affect_other_clients(chat: RunningServer, data: bytes) -> None:
    with SocketClient(chat.port) as stranger, SocketClient(chat.port) as other:
        stranger.socket.sendall(data)
        stranger.socket.shutdown(socket.SHUT_WR)
        stranger.rest_of_bytes()
        other.send("PING still")
        assert other.line().endswith(":still")
