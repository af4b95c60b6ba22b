"""TLS over real sockets: failed handshakes, concurrent traffic and shutdown."""

import socket
import ssl
import threading

import pytest

from tests.net.running_server import RunningServer, trust
from tests.process.socket_client import SocketClient

LINES = 3000
LINES_PER_SEND = 50
TEXT = "x" * 380


def test_messages_pass_between_tls_and_plain_clients(chat: RunningServer) -> None:
    alice, bob = chat.connect("alice", tls=True), chat.connect("bob")
    alice.send("PRIVMSG #general :over TLS")
    assert bob.hears("PRIVMSG")[-1] == ":alice!~alice@127.0.0.1 PRIVMSG #general :over TLS"
    bob.send("PRIVMSG #general :in clear")
    assert alice.hears("PRIVMSG")[-1] == ":bob!~bob@127.0.0.1 PRIVMSG #general :in clear"


@pytest.mark.parametrize(
    "garbage", [b"NICK alice\r\nUSER a 0 * :a\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 99, b"\0"]
)
def test_invalid_tls_handshake_closes_only_its_connection(chat: RunningServer, garbage: bytes) -> None:
    alice = chat.connect("alice", tls=True)
    with SocketClient(chat.tls_port) as peer:
        peer.socket.sendall(garbage)
        peer.socket.shutdown(1)
        assert b"ERROR" not in peer.rest_of_bytes()
    alice.send("PING still")
    assert alice.line().endswith(":still")


def test_tls_handshake_may_arrive_byte_by_byte(chat: RunningServer) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trust().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with SocketClient(chat.tls_port) as peer:
        while client.version() is None or outgoing.pending:
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                _send_bytewise(peer, outgoing.read())
                incoming.write(peer.socket.recv(4096))
            else:
                _send_bytewise(peer, outgoing.read())
        client.write(b"PING done\r\n")
        _send_bytewise(peer, outgoing.read())
        assert _read_line(client, incoming, peer) == b":server.internal PONG server.internal :done\r\n"


def _send_bytewise(peer: SocketClient, data: bytes) -> None:
    for byte in data:
        peer.socket.sendall(bytes([byte]))


def _read_line(client: ssl.SSLObject, incoming: ssl.MemoryBIO, peer: SocketClient) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        try:
            line += client.read()
        except ssl.SSLWantReadError:
            incoming.write(peer.socket.recv(4096))
    return line


def test_concurrent_tls_traffic_in_both_directions_stays_in_order(chat: RunningServer) -> None:
    peers = [chat.connect(f"peer{number}", "echo-message", tls=True) for number in range(3)]
    received: dict[str, list[str]] = {}

    def converse(peer: SocketClient) -> None:
        """Send lines, then read until they are echoed; OpenSSL needs one thread per peer."""
        lines: list[str] = []
        for start in range(0, LINES, LINES_PER_SEND):
            portion = range(start, min(start + LINES_PER_SEND, LINES))
            peer.send(*(f"PRIVMSG #general :{peer.nick} {number} {TEXT}" for number in portion))
            own_source = f":{peer.nick}!"
            while not (lines and lines[-1].startswith(own_source) and f" {portion[-1]} " in lines[-1]):
                lines += [line for line in [peer.line()] if "PRIVMSG" in line]
        while len(lines) < LINES * len(peers):
            lines += [line for line in [peer.line()] if "PRIVMSG" in line]
        received[peer.nick] = lines

    threads = [threading.Thread(target=converse, args=(peer,)) for peer in peers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, *others = received.values()
    assert all(lines == first for lines in others), "all clients see the same order"
    for peer in peers:
        own_lines = [line for line in first if line.startswith(f":{peer.nick}!")]
        assert [line.split()[4] for line in own_lines] == [str(number) for number in range(LINES)]


def test_quit_ends_with_close_notify(chat: RunningServer) -> None:
    alice = chat.connect("alice", tls=True)
    alice.socket.suppress_ragged_eofs = False  # type: ignore[attr-defined]
    alice.send("QUIT :bye")
    assert alice.hears("ERROR")[-1] == "ERROR :Quit: bye"
    assert alice.socket.recv(100) == b"", "close_notify, not a truncated stream"


def test_close_notify_of_the_client_is_answered(chat: RunningServer) -> None:
    alice, bob = chat.connect("alice", tls=True), chat.connect("bob")
    alice.fence()
    assert isinstance(alice.socket, ssl.SSLSocket)
    plain = alice.socket.unwrap()  # waits for the server's close_notify
    assert bob.hears("QUIT")[-1] == ":alice!~alice@127.0.0.1 QUIT :Connection closed"
    plain.close()


def test_invalid_tls_record_closes_the_connection(chat: RunningServer) -> None:
    alice, bob = chat.connect("alice", tls=True), chat.connect("bob")
    alice.fence()
    raw = SocketClient(chat.tls_port)
    raw.socket.sendall(b"\x16\x03\x01\x02\x00\x01")
    raw.close()
    assert isinstance(alice.socket, ssl.SSLSocket)
    broken = alice.socket.detach()
    with socket.socket(fileno=broken) as plain:
        plain.sendall(b"\x17\x03\x03\x00\x20" + b"\0" * 32)  # a record that does not decrypt
        assert bob.hears("QUIT")[-1].startswith(":alice!~alice@127.0.0.1 QUIT :TLS failed")
