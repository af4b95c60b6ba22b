"""The pipe of WebSocket without sockets: whatever the cuts, one message is one line (IRCv3 websocket, RFC 6455)."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

from app.net.transport.transport import MAX_PENDING_CONTROL_BYTES, TransportError
from app.net.transport.websocket import WebSocketTransport
from app.wire.framing import MAX_UNFINISHED_BYTES

lines = st.lists(
    st.binary(max_size=200).filter(lambda line: b"\n" not in line and b"\r" not in line), max_size=8
)
cuts = st.lists(st.integers(0, 3000), max_size=8)


class Browser:
    """A client that speaks with a pipe directly."""

    def __init__(self, transport: WebSocketTransport, *offered: str, origin: str | None = None) -> None:
        self.transport = transport
        self.protocol = ClientProtocol(
            parse_uri("ws://localhost/"),
            subprotocols=[*map(Subprotocol, offered)] or None,
            origin=None if origin is None else Origin(origin),
        )
        self.protocol.send_request(self.protocol.connect())

    def sent(self) -> bytes:
        """Return what it has sent and nobody has taken yet."""
        return b"".join(self.protocol.data_to_send())

    def shake_hands(self) -> "Browser":
        """Finish the handshake."""
        assert self.transport.decrypt(self.sent()) == b""
        self.add_group_data(self.transport.encrypt(b"", is_last=False))
        assert self.protocol.state is State.OPEN
        return self

    def add_group_data(self, data: bytes) -> list[Frame]:
        """Take bytes from the server and return the frames in them."""
        self.protocol.receive_data(data)
        return [event for event in self.protocol.events_received() if isinstance(event, Frame)]

    def say(self, opcode: Opcode, data: bytes, fin: bool = True) -> None:
        """Send a frame."""
        self.protocol.send_frame(Frame(opcode, data, fin))


def open_one(*offered: str) -> Browser:
    return Browser(WebSocketTransport(), *offered).shake_hands()


def portions(data: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut bytes at some places."""
    bounds = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


@given(said=lines, places=cuts, kind=st.sampled_from([Opcode.TEXT, Opcode.BINARY]))
def test_each_message_is_one_line_for_any_segmentation(
    said: list[bytes], places: list[int], kind: Opcode
) -> None:
    transport = WebSocketTransport()
    browser = Browser(transport, "binary.ircv3.net")
    handshake = browser.sent()
    for line in said:
        browser.say(kind, line)
    heard = b"".join(transport.decrypt(portion) for portion in portions(handshake + browser.sent(), places))
    assert heard == b"".join(line + b"\r\n" for line in said)


@given(line=st.binary(max_size=200), places=cuts)
def test_fragmented_message_is_one_line(line: bytes, places: list[int]) -> None:
    browser = open_one()
    first, *rest = portions(line, places)
    browser.say(Opcode.TEXT, first, fin=not rest)
    for number, portion in enumerate(rest, 1):
        browser.say(Opcode.PING, b"between")
        browser.say(Opcode.CONT, portion, fin=number == len(rest))
    assert browser.transport.decrypt(browser.sent()) == line + b"\r\n"


@given(said=lines)
def test_each_line_sent_is_one_message(said: list[bytes]) -> None:
    browser = open_one("binary.ircv3.net")
    frames = browser.add_group_data(
        browser.transport.encrypt(b"".join(line + b"\r\n" for line in said), is_last=False)
    )
    assert [(frame.opcode, bytes(frame.data)) for frame in frames] == [(Opcode.BINARY, line) for line in said]


@pytest.mark.parametrize(
    ("offered", "agreed", "kind"),
    [
        (["text.ircv3.net"], "text.ircv3.net", Opcode.TEXT),
        (["binary.ircv3.net"], "binary.ircv3.net", Opcode.BINARY),
        (["text.ircv3.net", "binary.ircv3.net"], "text.ircv3.net", Opcode.TEXT),
        (["chat", "binary.ircv3.net", "text.ircv3.net"], "binary.ircv3.net", Opcode.BINARY),
        ([], None, Opcode.TEXT),
        (["chat"], None, Opcode.TEXT),
    ],
)
def test_first_supported_subprotocol_is_selected(
    offered: list[str], agreed: str | None, kind: Opcode
) -> None:
    browser = open_one(*offered)
    assert browser.protocol.subprotocol == agreed
    (frame,) = browser.add_group_data(browser.transport.encrypt("привет\r\n".encode(), is_last=False))
    assert (frame.opcode, frame.data.decode()) == (kind, "привет")


def test_data_sent_before_the_handshake_follows_it() -> None:
    transport = WebSocketTransport()
    browser = Browser(transport)
    assert transport.encrypt(b"early\r\n", is_last=False) == b""
    assert transport.decrypt(browser.sent()) == b""
    frames = browser.add_group_data(transport.encrypt(b"late\r\n", is_last=False))
    assert [bytes(frame.data) for frame in frames] == [b"early", b"late"]


def test_refusal_before_the_handshake_is_an_http_error() -> None:
    transport = WebSocketTransport()
    assert b"ERROR :Closing link" in (told := transport.encrypt(b"ERROR :Closing link\r\n", is_last=True))
    assert told.startswith(b"HTTP/1.1 503 ")


def test_ping_gets_a_pong() -> None:
    browser = open_one()
    browser.say(Opcode.PING, b"there?")
    assert browser.transport.decrypt(browser.sent()) == b""
    (pong,) = browser.add_group_data(browser.transport.encrypt(b"", is_last=False))
    assert (pong.opcode, bytes(pong.data)) == (Opcode.PONG, b"there?")


def test_unread_pongs_are_limited() -> None:
    browser = open_one()
    for _ in range(MAX_PENDING_CONTROL_BYTES // 127 + 1):
        browser.say(Opcode.PING, b"x" * 125)
    with pytest.raises(TransportError, match="too many pings"):
        browser.transport.decrypt(browser.sent())


def test_close_is_answered_after_earlier_messages() -> None:
    browser = open_one()
    browser.say(Opcode.TEXT, b"QUIT")
    browser.protocol.send_close(1001, "going away")
    assert browser.transport.decrypt(browser.sent()) == b"QUIT\r\n"
    assert browser.transport.is_closed_by_peer
    (close,) = browser.add_group_data(browser.transport.encrypt(b"ERROR :too late\r\n", is_last=True))
    assert close.opcode is Opcode.CLOSE
    assert browser.transport.encrypt(b"", is_last=True) == b""


def test_last_line_is_followed_by_a_close_frame() -> None:
    browser = open_one()
    told, close = browser.add_group_data(browser.transport.encrypt(b"ERROR :bye\r\n", is_last=True))
    assert (bytes(told.data), close.opcode, bytes(close.data)) == (b"ERROR :bye", Opcode.CLOSE, b"\x03\xe8")


def test_message_above_the_limit_closes_the_connection() -> None:
    browser = open_one()
    browser.say(Opcode.TEXT, b"x" * MAX_UNFINISHED_BYTES)
    assert len(browser.transport.decrypt(browser.sent())) == MAX_UNFINISHED_BYTES + 2
    browser.say(Opcode.TEXT, b"x", fin=False)
    browser.say(Opcode.CONT, b"x" * MAX_UNFINISHED_BYTES)
    with pytest.raises(TransportError, match="WebSocket failed"):
        browser.transport.decrypt(browser.sent())
    (close,) = browser.add_group_data(browser.transport.encrypt(b"", is_last=True))
    assert close.data[:2] == (1009).to_bytes(2)


@pytest.mark.parametrize(
    "frame",
    [
        b"\x81\x02hi",  # not masked
        b"\xc1\x82\0\0\0\0hi",  # compressed, which was not agreed on
        b"\x83\x82\0\0\0\0hi",  # an opcode that there is not
        b"\x80\x82\0\0\0\0hi",  # goes on with nothing
        b"\x09\x82\0\0\0\0hi",  # a ping in several frames
        b"\x88\x81\0\0\0\0x",  # half a close code
        b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",  # longer than anything
    ],
)
def test_protocol_error_sends_a_close_frame(frame: bytes) -> None:
    browser = open_one()
    with pytest.raises(TransportError, match="WebSocket failed"):
        browser.transport.decrypt(frame)
    (close,) = browser.add_group_data(browser.transport.encrypt(b"", is_last=True))
    assert close.opcode is Opcode.CLOSE


HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
KEY = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
VERSION = b"Sec-WebSocket-Version: 13\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"NICK alice\r\nUSER alice 0 * :Alice\r\n", 400),
        (b"\0" * 100 + b"\n", 400),
        (HEAD + b"\r\n", 426),
        (HEAD.replace(b"GET", b"POST") + UPGRADE + KEY + VERSION + b"\r\n", 405),
        (HEAD + UPGRADE + KEY + b"\r\n", 400),
        (HEAD + UPGRADE + VERSION + b"\r\n", 400),
        (HEAD + UPGRADE + KEY.replace(b"A", b"?") + VERSION + b"\r\n", 400),
        (b"GET /" + b"x" * 9000, 414),
        (HEAD + b"x: " + b"x" * 9000, 431),
        (HEAD + b"x: x\r\n" * 200, 431),
        (HEAD + b"\r\n" + b"\x83\x82\0\0\0\0hi", 400),
    ],
)
def test_invalid_handshake_gets_an_http_error(request_: bytes, status: int) -> None:
    transport = WebSocketTransport()
    with pytest.raises(TransportError):
        transport.decrypt(request_)
    assert transport.encrypt(b"", is_last=True).startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize(
    ("origin", "is_welcome"), [("https://a.example", True), (None, True), ("https://b.example", False)]
)
def test_only_listed_origins_may_connect(origin: str | None, is_welcome: bool) -> None:
    browser = Browser(WebSocketTransport(["https://a.example"]), origin=origin)
    if is_welcome:
        browser.shake_hands()
        return
    with pytest.raises(TransportError):
        browser.transport.decrypt(browser.sent())
    assert browser.transport.encrypt(b"", is_last=True).startswith(b"HTTP/1.1 403 ")


@given(data=st.binary(max_size=400), is_open=st.booleans())
def test_arbitrary_input_raises_only_transport_errors(data: bytes, is_open: bool) -> None:
    transport = open_one().transport if is_open else WebSocketTransport()
    for portion in (data, data):
        try:
            transport.decrypt(portion)
        except TransportError:
            break
    transport.encrypt(b"a line\r\n", is_last=False)
    transport.encrypt(b"the last\r\n", is_last=True)
    assert transport.encrypt(b"", is_last=True) == b""
