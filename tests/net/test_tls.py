"""TLS on real sockets: handshakes that fail, much data both ways at once, and the end of a connection."""

import socket
import ssl
import threading

import pytest

from tests.net.running_server import RunningServer, trust
from tests.process.socket_client import SocketClient

LINES = 3000
PORTION = 50  # lines sent at once
TEXT = "x" * 380


def test_a_conversation(chat: RunningServer) -> None:
    alice, bob = chat.connect("alice", tls=True), chat.connect("bob")
    alice.send("PRIVMSG #general :in secret")
    assert bob.hears("PRIVMSG")[-1] == ":alice!~alice@127.0.0.1 PRIVMSG #general :in secret"
    bob.send("PRIVMSG #general :in clear")
    assert alice.hears("PRIVMSG")[-1] == ":bob!~bob@127.0.0.1 PRIVMSG #general :in clear"


@pytest.mark.parametrize(
    "garbage", [b"NICK alice\r\nUSER a 0 * :a\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 99, b"\0"]
)
def test_who_speaks_no_tls_is_gone_and_harms_nobody(chat: RunningServer, garbage: bytes) -> None:
    alice = chat.connect("alice", tls=True)
    with SocketClient(chat.tls_port) as stranger:
        stranger.socket.sendall(garbage)
        stranger.socket.shutdown(1)
        assert b"ERROR" not in stranger.rest_of_bytes()
    alice.send("PING still")
    assert alice.line().endswith(":still")


def test_a_handshake_may_come_byte_by_byte(chat: RunningServer) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trust().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with SocketClient(chat.tls_port) as peer:
        while client.version() is None or outgoing.pending:
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                _drip(peer, outgoing.read())
                incoming.write(peer.socket.recv(4096))
            else:
                _drip(peer, outgoing.read())
        client.write(b"PING done\r\n")
        _drip(peer, outgoing.read())
        assert _read_line(client, incoming, peer) == b":server.internal PONG server.internal :done\r\n"


def _drip(peer: SocketClient, data: bytes) -> None:
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


def test_much_goes_both_ways_at_once(chat: RunningServer) -> None:
    peers = [chat.connect(f"peer{number}", "echo-message", tls=True) for number in range(3)]
    heard: dict[str, list[str]] = {}

    def talk(peer: SocketClient) -> None:
        """Say a portion, then read until it comes back; one thread a peer, as OpenSSL wants it."""
        lines: list[str] = []
        for start in range(0, LINES, PORTION):
            portion = range(start, min(start + PORTION, LINES))
            peer.send(*(f"PRIVMSG #general :{peer.nick} {number} {TEXT}" for number in portion))
            mine = f":{peer.nick}!"
            while not (lines and lines[-1].startswith(mine) and f" {portion[-1]} " in lines[-1]):
                lines += [line for line in [peer.line()] if "PRIVMSG" in line]
        while len(lines) < LINES * len(peers):
            lines += [line for line in [peer.line()] if "PRIVMSG" in line]
        heard[peer.nick] = lines

    threads = [threading.Thread(target=talk, args=(peer,)) for peer in peers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, *others = heard.values()
    assert all(lines == first for lines in others), "one order for all"
    for peer in peers:
        mine = [line for line in first if line.startswith(f":{peer.nick}!")]
        assert [line.split()[4] for line in mine] == [str(number) for number in range(LINES)]


def test_the_farewell_ends_with_close_notify(chat: RunningServer) -> None:
    alice = chat.connect("alice", tls=True)
    alice.socket.suppress_ragged_eofs = False  # type: ignore[attr-defined]
    alice.send("QUIT :bye")
    assert alice.hears("ERROR")[-1] == "ERROR :Quit: bye"
    assert alice.socket.recv(100) == b"", "an end in order, not a cut"


def test_who_closes_tls_in_order_is_answered_so(chat: RunningServer) -> None:
    alice, bob = chat.connect("alice", tls=True), chat.connect("bob")
    alice.fence()
    assert isinstance(alice.socket, ssl.SSLSocket)
    plain = alice.socket.unwrap()  # waits for the server's close_notify
    assert bob.hears("QUIT")[-1] == ":alice!~alice@127.0.0.1 QUIT :Connection closed"
    plain.close()


def test_a_cut_in_the_middle_of_a_record_is_the_end(chat: RunningServer) -> None:
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
