"""WebSocket over real sockets, with the client of the `websockets` library.

See https://ircv3.net/specs/extensions/websocket.
"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.conftest import MovedClock
from tests.net.conftest import Serve
from tests.net.running_server import RunningServer, trust
from tests.process.socket_client import TIMEOUT_SECONDS, SocketClient

TEXT, BINARY = "text.ircv3.net", "binary.ircv3.net"


class WebSocketClient:
    """A WebSocket client that sends and receives IRC lines."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, *lines: str | bytes) -> None:
        """Send each line as a message."""
        for line in lines:
            self.connection.send(line)

    def message(self) -> str | bytes:
        """Return the next message."""
        return self.connection.recv(TIMEOUT_SECONDS)

    def line(self) -> str:
        """Return the next message as text."""
        message = self.message()
        return message if isinstance(message, str) else message.decode()

    def hears(self, text: str) -> list[str]:
        """Return the lines up to the first that contains the text."""
        lines = [self.line()]
        while text not in lines[-1]:
            lines.append(self.line())
        return lines

    def register(self, nick: str) -> list[str]:
        """Register, and return the received lines."""
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}", "PING welcome")
        return self.hears(":welcome")

    def rest(self) -> list[str]:
        """Return all lines up to the end of the connection."""
        lines = []
        while True:
            try:
                lines.append(self.line())
            except ConnectionClosed:
                return lines


Open = Callable[..., WebSocketClient]


@pytest.fixture
def open_page(chat: RunningServer) -> Iterator[Open]:
    """Return a function that opens a WebSocket connection."""
    with ExitStack() as stack:

        def open_connection(
            *offered: str, origin: str | None = None, tls: ssl.SSLContext | None = None
        ) -> WebSocketClient:
            listener = "WebSocket" if tls is None else "WebSocket in TLS"
            connection = connect(
                f"{'ws' if tls is None else 'wss'}://localhost:{chat.ports[listener]}/",
                subprotocols=[*map(Subprotocol, offered)] or None,
                origin=None if origin is None else Origin(origin),
                ssl=tls,
                open_timeout=TIMEOUT_SECONDS,
            )
            return WebSocketClient(stack.enter_context(connection))

        yield open_connection


@pytest.mark.parametrize(("subprotocol", "kind"), [(TEXT, str), (BINARY, bytes)])
def test_messages_pass_between_websocket_and_tcp(
    chat: RunningServer, open_page: Open, subprotocol: str, kind: type
) -> None:
    bob = chat.connect("bob")
    alice = open_page(subprotocol)
    assert alice.connection.subprotocol == subprotocol
    assert not [line for line in alice.register("alice") if "\r" in line or "\n" in line]
    alice.send("PRIVMSG #general :привет")
    assert bob.hears("PRIVMSG")[-1] == ":alice!~alice@127.0.0.1 PRIVMSG #general :привет"
    bob.send("PRIVMSG #general :hello", "PRIVMSG #general :again")
    first, second = alice.message(), alice.message()
    assert isinstance(first, kind)
    assert b":bob!~bob@127.0.0.1 PRIVMSG #general :hello" in (
        first,
        first.encode() if isinstance(first, str) else b"",
    )
    assert "again" in (second if isinstance(second, str) else second.decode())


def test_websocket_over_tls_is_secure(chat: RunningServer, open_page: Open) -> None:
    bob, alice = chat.connect("bob"), open_page(TEXT, tls=trust())
    alice.register("alice")
    bob.send("WHOIS alice")
    assert any(" 671 bob alice " in line for line in bob.fence()), "the connection is secure"
    alice.send("QUIT :bye")
    assert alice.rest() == ["ERROR :Quit: bye"]
    assert (alice.connection.close_code, bob.hears("QUIT")[-1]) == (
        1000,
        ":alice!~alice@127.0.0.1 QUIT :Quit: bye",
    )


def test_text_connection_accepts_binary_messages(chat: RunningServer, open_page: Open) -> None:
    alice = open_page(TEXT)
    alice.register("alice")
    alice.send(b"PING binary")
    assert alice.hears(":binary")


def test_invalid_utf8_fails_but_keeps_the_connection(chat: RunningServer, open_page: Open) -> None:
    bob = chat.connect("bob")
    for nick, subprotocol in (("alice", TEXT), ("carol", BINARY)):
        page = open_page(subprotocol)
        page.register(nick)
        page.send(b"PRIVMSG #general :\xff\xfe", "PING still")
        lines = page.hears(":still")
        assert sum(" FAIL PRIVMSG INVALID_UTF8 " in line for line in lines) == 1
        assert not any("PRIVMSG" in line for line in bob.fence())


def test_message_is_limited_to_510_bytes(chat: RunningServer, open_page: Open) -> None:
    alice = open_page(TEXT)
    alice.register("alice")
    alice.send(f"PING {'x' * 505}")
    assert "x" * 400 in alice.line()
    alice.send(f"PING {'x' * 506}", "PING y")
    assert " 417 " in alice.hears("PONG")[0]
    alice.send(f"PRIVMSG #general :{'x' * 492}", "PING z")
    assert " 417 " in alice.hears("PONG")[0], "there is no room for the source"


def test_message_may_contain_several_lines(open_page: Open) -> None:
    alice = open_page(TEXT)
    alice.register("alice")
    alice.send("PING a\r\nPING b\r\n", "", "\r\n", "PING c")
    assert [line[-2:] for line in (alice.line(), alice.line(), alice.line())] == [":a", ":b", ":c"]


def test_message_may_be_fragmented(open_page: Open) -> None:
    alice = open_page(TEXT)
    alice.register("alice")
    alice.connection.send(iter(["PI", "", "NG привет", " "]))
    assert alice.line().endswith(":привет")


def test_websocket_ping_gets_a_pong(open_page: Open) -> None:
    alice = open_page(TEXT)
    assert alice.connection.ping().wait(TIMEOUT_SECONDS)


def test_close_frame_is_answered(chat: RunningServer, open_page: Open) -> None:
    bob, alice = chat.connect("bob"), open_page(TEXT)
    alice.register("alice")
    alice.connection.close(1001)
    assert alice.connection.close_code == 1001
    assert bob.hears("QUIT")[-1] == ":alice!~alice@127.0.0.1 QUIT :Connection closed"


def test_overlong_websocket_message_closes_the_connection(chat: RunningServer, open_page: Open) -> None:
    bob, alice = chat.connect("bob"), open_page(TEXT)
    alice.register("alice")
    alice.send("x" * 20_000)
    assert alice.rest() == []
    assert alice.connection.close_code == 1009
    assert " QUIT :WebSocket failed: " in bob.hears("QUIT")[-1]


def test_other_protocols_get_an_http_error(chat: RunningServer) -> None:
    alice = chat.connect("alice")
    with SocketClient(chat.ports["WebSocket"]) as peer:
        peer.send("NICK stranger", "USER stranger 0 * :Stranger")
        assert peer.rest()[0] == "HTTP/1.1 400 Bad Request"
    with SocketClient(chat.ports["WebSocket"]) as peer:
        peer.send("GET / HTTP/1.1", "Host: localhost", "")
        assert peer.rest()[0] == "HTTP/1.1 426 Upgrade Required"
    assert alice.fence() == []


def test_origin_must_be_listed(serve: Serve) -> None:
    chat = serve(websocket_origins=["https://Chat.example:443/"])
    address = f"ws://localhost:{chat.ports['WebSocket']}/"
    for nick, origin in (("alice", "https://chat.example"), ("bob", "HTTPS://chat.example:443")):
        with connect(address, origin=Origin(origin)) as page:
            WebSocketClient(page).register(nick)
    with connect(address) as program:
        WebSocketClient(program).register("bot")
    for origin in ("https://evil.example", "http://chat.example", "https://chat.example:8443", "null"):
        with pytest.raises(InvalidStatus) as refused:
            connect(address, origin=Origin(origin))
        assert refused.value.response.status_code == 403


def test_without_listed_origins_any_page_may_connect(serve: Serve) -> None:
    chat = serve()
    with connect(f"ws://localhost:{chat.ports['WebSocket']}/", origin=Origin("null")) as page:
        WebSocketClient(page).register("alice")


def test_registration_timeout_closes_websocket_connections(
    chat: RunningServer, open_page: Open, clock: MovedClock
) -> None:
    page = open_page(TEXT)
    page.send("PING here")
    page.line()
    with SocketClient(chat.ports["WebSocket"]) as silent:
        clock.instant += 61_000
        assert page.rest() == ["ERROR :Closing link: Registration timed out"]
        while silent.is_silent(0.1):  # its timeout starts when it is accepted
            clock.instant += 61_000
        assert silent.rest()[0] == "HTTP/1.1 503 Service Unavailable"


def test_websocket_behind_a_proxy_has_the_proxied_address(serve: Serve) -> None:
    chat = serve(proxy_from=["127.0.0.1"])
    with SocketClient(chat.ports["WebSocket"]) as raw:
        raw.socket.sendall(b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n")
        with connect("ws://localhost/", sock=raw.socket) as connection:
            page = WebSocketClient(connection)
            page.register("alice")
            page.send("WHOIS alice")
            assert "192.0.2.7" in page.hears(" 338 ")[-1]


def test_concurrent_websocket_traffic_in_both_directions_stays_in_order(
    chat: RunningServer, open_page: Open
) -> None:
    bob, alice = chat.connect("bob"), open_page(TEXT)
    alice.register("alice")
    for start in range(0, 1000, 50):
        numbers = range(start, start + 50)
        alice.send(*(f"PRIVMSG #general :a {number} {'x' * 300}" for number in numbers))
        bob.send(*(f"PRIVMSG #general :b {number} {'x' * 300}" for number in numbers))
    from_alice = [line.split(" ")[4] for line in bob.hears(" :a 999 ") if " :a " in line]
    from_bob = [line.split(" ")[4] for line in alice.hears(" :b 999 ") if " :b " in line]
    assert from_alice == from_bob == [str(number) for number in range(1000)]
