"""The PROXY protocol over real sockets, accepted from configured proxies only.

See https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt.
"""

import struct

import pytest

from app.services.administration import bans
from app.services.administration.admin_changes import apply_admin_change
from app.services.administration.bans import BanType
from tests.conftest import MovedClock
from tests.net.conftest import Serve
from tests.net.running_server import RunningServer, trust
from tests.process.socket_client import SocketClient

TEXT_HEADER = b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 6667\r\n"
LOCAL_HEADER = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
TLS_FIELD = b"\x20\0\x05\x01\0\0\0\0"  # PP2_TYPE_SSL with PP2_CLIENT_SSL


def make_binary_header(address: bytes, more: bytes = b"") -> bytes:
    """Return a version 2 header for a client with an IPv4 address."""
    block = address + bytes(4) + bytes(4) + more
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x21, 0x11, len(block)) + block


def with_numeric(lines: list[str], code: str) -> list[str]:
    """Return the lines with this numeric."""
    return [line for line in lines if f" {code} " in line]


@pytest.fixture
def chat(serve: Serve) -> RunningServer:
    """Return a server that trusts PROXY headers from 127.0.0.1."""
    return serve(proxy_from=["127.0.0.1"])


def connect_through_proxy(chat: RunningServer, header: bytes, nick: str) -> SocketClient:
    """Connect through a proxy and register."""
    peer = chat.connect()
    peer.socket.sendall(header)
    peer.register(nick)
    return peer


def whois(peer: SocketClient, nick: str) -> list[str]:
    """Return the replies to WHOIS."""
    peer.send(f"WHOIS {nick}")
    return peer.fence()


def lusers(peer: SocketClient) -> list[str]:
    """Return the replies to LUSERS."""
    peer.send("LUSERS")
    return peer.fence()


@pytest.mark.parametrize(
    "header",
    [
        TEXT_HEADER,
        make_binary_header(bytes([192, 0, 2, 7])),
        make_binary_header(bytes([192, 0, 2, 7]), b"\4\0\x90" + b"x" * 144),
    ],
)
def test_client_has_the_address_in_the_proxy_header(chat: RunningServer, header: bytes) -> None:
    alice = connect_through_proxy(chat, header, "alice")
    lines = whois(alice, "alice")
    assert "192.0.2.7" in with_numeric(lines, "338")[0]
    assert ".ip * :alice" in with_numeric(lines, "311")[0], "the visible host is a cloak"
    assert with_numeric(lines, "671") == []


def test_proxy_header_may_be_split_or_followed_by_data(chat: RunningServer) -> None:
    alice = chat.connect()
    for byte in TEXT_HEADER:
        alice.socket.sendall(bytes([byte]))
    alice.register("alice")
    bob = chat.connect()
    bob.socket.sendall(TEXT_HEADER + b"NICK bob\r\nUSER bob 0 * :Bob\r\nPING done\r\n")
    bob.hears(":done")
    assert "192.0.2.7" in with_numeric(whois(bob, "bob"), "338")[0]
    assert "192.0.2.7" in with_numeric(whois(alice, "alice"), "338")[0]


def test_local_and_unknown_headers_keep_the_peer_address(chat: RunningServer) -> None:
    for nick, header in (("alice", LOCAL_HEADER), ("bob", b"PROXY UNKNOWN\r\n")):
        assert "127.0.0.1" in with_numeric(whois(connect_through_proxy(chat, header, nick), nick), "338")[0]


def test_tls_field_of_the_header_marks_a_secure_client(chat: RunningServer) -> None:
    alice = connect_through_proxy(chat, make_binary_header(bytes([192, 0, 2, 7]), TLS_FIELD), "alice")
    assert len(with_numeric(whois(alice, "alice"), "671")) == 1


def test_proxy_header_precedes_the_tls_handshake(chat: RunningServer) -> None:
    with SocketClient(chat.tls_port) as alice:
        for byte in TEXT_HEADER:
            alice.socket.sendall(bytes([byte]))
        alice.socket = trust().wrap_socket(alice.socket, server_hostname="localhost")
        alice.register("alice")
        lines = whois(alice, "alice")
    assert "192.0.2.7" in with_numeric(lines, "338")[0]
    assert len(with_numeric(lines, "671")) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            b"NICK alice\r\nUSER alice 0 * :Alice\r\n",
            "Connections from this address must start with a PROXY header",
        ),
        (b"PROXY TCP4 nowhere 198.51.100.1 1 2\r\n", "The PROXY header has no valid address"),
        (b"PROXY TCP4 192.0.2.7\r\n", "The PROXY header has an unknown form"),
        (b"PROXY " + b"x" * 200, "The PROXY header is too long"),
    ],
)
def test_invalid_proxy_header_closes_the_connection(chat: RunningServer, data: bytes, reason: str) -> None:
    peer = chat.connect()
    peer.socket.sendall(data)
    assert peer.rest() == [f"ERROR :Closing link: {reason}"]


def test_second_proxy_header_is_an_unknown_command(chat: RunningServer) -> None:
    alice = connect_through_proxy(chat, TEXT_HEADER, "alice")
    alice.socket.sendall(b"PROXY TCP4 203.0.113.1 198.51.100.1 1 2\r\n")
    assert any(" 421 " in line for line in alice.fence())
    assert "192.0.2.7" in with_numeric(whois(alice, "alice"), "338")[0]


def test_incomplete_proxy_header_times_out(chat: RunningServer, clock: MovedClock) -> None:
    alice, slow = connect_through_proxy(chat, TEXT_HEADER, "alice"), chat.connect()
    slow.socket.sendall(TEXT_HEADER[:-1])
    while not with_numeric(lusers(alice), "253"):
        pass  # until the server counts the slow connection
    clock.instant += 61_000
    assert slow.rest() == ["ERROR :Closing link: Registration timed out"]


def test_proxy_header_from_other_addresses_is_ignored(serve: Serve) -> None:
    chat = serve(proxy_from=["127.0.0.2", "2001:db8::/32"])
    alice = chat.connect("alice")
    alice.socket.sendall(TEXT_HEADER)
    assert any(" 421 " in line for line in alice.fence())
    assert "127.0.0.1" in with_numeric(whois(alice, "alice"), "338")[0]


def test_connection_limits_apply_to_the_proxied_address(serve: Serve) -> None:
    chat = serve(proxy_from=["127.0.0.1"], max_connections_per_address=2)
    first, second = (
        connect_through_proxy(chat, TEXT_HEADER, "first"),
        connect_through_proxy(chat, TEXT_HEADER, "second"),
    )
    connect_through_proxy(chat, make_binary_header(bytes([192, 0, 2, 8])), "other")
    third = chat.connect()
    third.socket.sendall(TEXT_HEADER)
    assert third.rest() == ["ERROR :Closing link: Too many connections from your address"]
    first.send("QUIT")
    first.rest()
    first.close()
    while chat.open_sockets > 2:
        second.fence()
    connect_through_proxy(chat, TEXT_HEADER, "third")


def test_bans_apply_to_the_proxied_address(chat: RunningServer, clock: MovedClock) -> None:
    apply_admin_change(
        chat.database,
        clock,
        "me",
        "root",
        lambda admin: bans.add_ban(admin, BanType.ADDRESS, "192.0.2.7", "spam", None),
    )
    alice = chat.connect()
    alice.socket.sendall(TEXT_HEADER + b"NICK alice\r\nUSER alice 0 * :Alice\r\n")
    assert alice.rest()[-1].endswith("Banned: spam")
    connect_through_proxy(chat, make_binary_header(bytes([192, 0, 2, 8])), "bob")
