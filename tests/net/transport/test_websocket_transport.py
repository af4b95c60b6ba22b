"""The WebSocket transport without sockets: one message is one line (RFC 6455).

See https://ircv3.net/specs/extensions/websocket.
"""

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
split_points = st.lists(st.integers(0, 3000), max_size=8)


class TransportClient:
    """A WebSocket client connected directly to a transport."""

    def __init__(self, transport: WebSocketTransport, *offered: str, origin: str | None = None) -> None:
        self.transport = transport
        self.protocol = ClientProtocol(
            parse_uri("ws://localhost/"),
            subprotocols=[*map(Subprotocol, offered)] or None,
            origin=None if origin is None else Origin(origin),
        )
        self.protocol.send_request(self.protocol.connect())

    def take_output(self) -> bytes:
        """Return the output since the last call."""
        return b"".join(self.protocol.data_to_send())

    def complete_handshake(self) -> "TransportClient":
        """Complete the opening handshake."""
        assert self.transport.decrypt(self.take_output()) == b""
        self.receive(self.transport.encrypt(b"", is_last=False))
        assert self.protocol.state is State.OPEN
        return self

    def receive(self, data: bytes) -> list[Frame]:
        """Process data from the server and return its frames."""
        self.protocol.receive_data(data)
        return [event for event in self.protocol.events_received() if isinstance(event, Frame)]

    def send_frame(self, opcode: Opcode, data: bytes, fin: bool = True) -> None:
        """Send a frame."""
        self.protocol.send_frame(Frame(opcode, data, fin))


def open_client(*offered: str) -> TransportClient:
    return TransportClient(WebSocketTransport(), *offered).complete_handshake()


def split(data: bytes, boundaries: Sequence[int]) -> list[bytes]:
    """Split data at the given boundaries, modulo its length."""
    bounds = [0, *sorted(place % (len(data) + 1) for place in boundaries), len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


@given(lines_sent=lines, boundaries=split_points, kind=st.sampled_from([Opcode.TEXT, Opcode.BINARY]))
def test_each_message_is_one_line_for_any_segmentation(
    lines_sent: list[bytes], boundaries: list[int], kind: Opcode
) -> None:
    transport = WebSocketTransport()
    client = TransportClient(transport, "binary.ircv3.net")
    handshake = client.take_output()
    for line in lines_sent:
        client.send_frame(kind, line)
    received = b"".join(
        transport.decrypt(part) for part in split(handshake + client.take_output(), boundaries)
    )
    assert received == b"".join(line + b"\r\n" for line in lines_sent)


@given(line=st.binary(max_size=200), boundaries=split_points)
def test_fragmented_message_is_one_line(line: bytes, boundaries: list[int]) -> None:
    client = open_client()
    first, *rest = split(line, boundaries)
    client.send_frame(Opcode.TEXT, first, fin=not rest)
    for number, part in enumerate(rest, 1):
        client.send_frame(Opcode.PING, b"between")
        client.send_frame(Opcode.CONT, part, fin=number == len(rest))
    assert client.transport.decrypt(client.take_output()) == line + b"\r\n"


@given(lines_sent=lines)
def test_each_line_sent_is_one_message(lines_sent: list[bytes]) -> None:
    client = open_client("binary.ircv3.net")
    frames = client.receive(
        client.transport.encrypt(b"".join(line + b"\r\n" for line in lines_sent), is_last=False)
    )
    assert [(frame.opcode, bytes(frame.data)) for frame in frames] == [
        (Opcode.BINARY, line) for line in lines_sent
    ]


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
    client = open_client(*offered)
    assert client.protocol.subprotocol == agreed
    (frame,) = client.receive(client.transport.encrypt("привет\r\n".encode(), is_last=False))
    assert (frame.opcode, frame.data.decode()) == (kind, "привет")


def test_data_sent_before_the_handshake_follows_it() -> None:
    transport = WebSocketTransport()
    client = TransportClient(transport)
    assert transport.encrypt(b"early\r\n", is_last=False) == b""
    assert transport.decrypt(client.take_output()) == b""
    frames = client.receive(transport.encrypt(b"late\r\n", is_last=False))
    assert [bytes(frame.data) for frame in frames] == [b"early", b"late"]


def test_refusal_before_the_handshake_is_an_http_error() -> None:
    transport = WebSocketTransport()
    assert b"ERROR :Closing link" in (message := transport.encrypt(b"ERROR :Closing link\r\n", is_last=True))
    assert message.startswith(b"HTTP/1.1 503 ")


def test_ping_gets_a_pong() -> None:
    client = open_client()
    client.send_frame(Opcode.PING, b"there?")
    assert client.transport.decrypt(client.take_output()) == b""
    (pong,) = client.receive(client.transport.encrypt(b"", is_last=False))
    assert (pong.opcode, bytes(pong.data)) == (Opcode.PONG, b"there?")


def test_unread_pongs_are_limited() -> None:
    client = open_client()
    for _ in range(MAX_PENDING_CONTROL_BYTES // 127 + 1):
        client.send_frame(Opcode.PING, b"x" * 125)
    with pytest.raises(TransportError, match="too many pings"):
        client.transport.decrypt(client.take_output())


def test_close_is_answered_after_earlier_messages() -> None:
    client = open_client()
    client.send_frame(Opcode.TEXT, b"QUIT")
    client.protocol.send_close(1001, "going away")
    assert client.transport.decrypt(client.take_output()) == b"QUIT\r\n"
    assert client.transport.is_closed_by_peer
    (close,) = client.receive(client.transport.encrypt(b"ERROR :too late\r\n", is_last=True))
    assert close.opcode is Opcode.CLOSE
    assert client.transport.encrypt(b"", is_last=True) == b""


def test_last_line_is_followed_by_a_close_frame() -> None:
    client = open_client()
    message, close = client.receive(client.transport.encrypt(b"ERROR :bye\r\n", is_last=True))
    assert (bytes(message.data), close.opcode, bytes(close.data)) == (
        b"ERROR :bye",
        Opcode.CLOSE,
        b"\x03\xe8",
    )


def test_message_above_the_limit_closes_the_connection() -> None:
    client = open_client()
    client.send_frame(Opcode.TEXT, b"x" * MAX_UNFINISHED_BYTES)
    assert len(client.transport.decrypt(client.take_output())) == MAX_UNFINISHED_BYTES + 2
    client.send_frame(Opcode.TEXT, b"x", fin=False)
    client.send_frame(Opcode.CONT, b"x" * MAX_UNFINISHED_BYTES)
    with pytest.raises(TransportError, match="WebSocket failed"):
        client.transport.decrypt(client.take_output())
    (close,) = client.receive(client.transport.encrypt(b"", is_last=True))
    assert close.data[:2] == (1009).to_bytes(2)


@pytest.mark.parametrize(
    "frame",
    [
        b"\x81\x02hi",  # not masked
        b"\xc1\x82\0\0\0\0hi",  # compressed without negotiation
        b"\x83\x82\0\0\0\0hi",  # an unknown opcode
        b"\x80\x82\0\0\0\0hi",  # continuation without a start
        b"\x09\x82\0\0\0\0hi",  # fragmented ping
        b"\x88\x81\0\0\0\0x",  # truncated close code
        b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",  # excessive length
    ],
)
def test_protocol_error_sends_a_close_frame(frame: bytes) -> None:
    client = open_client()
    with pytest.raises(TransportError, match="WebSocket failed"):
        client.transport.decrypt(frame)
    (close,) = client.receive(client.transport.encrypt(b"", is_last=True))
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
    ("origin", "is_allowed"), [("https://a.example", True), (None, True), ("https://b.example", False)]
)
def test_only_listed_origins_may_connect(origin: str | None, is_allowed: bool) -> None:
    client = TransportClient(WebSocketTransport(["https://a.example"]), origin=origin)
    if is_allowed:
        client.complete_handshake()
        return
    with pytest.raises(TransportError):
        client.transport.decrypt(client.take_output())
    assert client.transport.encrypt(b"", is_last=True).startswith(b"HTTP/1.1 403 ")


@given(data=st.binary(max_size=400), is_open=st.booleans())
def test_arbitrary_input_raises_only_transport_errors(data: bytes, is_open: bool) -> None:
    transport = open_client().transport if is_open else WebSocketTransport()
    for part in (data, data):
        try:
            transport.decrypt(part)
        except TransportError:
            break
    transport.encrypt(b"a line\r\n", is_last=False)
    transport.encrypt(b"the last\r\n", is_last=True)
    assert transport.encrypt(b"", is_last=True) == b""
