"""WebSocket (RFC 6455): each message is one IRC line without its line end.

See https://ircv3.net/specs/extensions/websocket. The `websockets` library implements the protocol;
this transport adds the lock and the limits. Compression is never negotiated: lines are short, and
its windows would take more memory than everything else that a client needs.
"""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from threading import Lock
from typing import Any

from websockets.datastructures import Headers
from websockets.exceptions import InvalidOrigin
from websockets.frames import DATA_OPCODES, Frame
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from app.net.transport.transport import MAX_PENDING_CONTROL_BYTES, TransportError
from app.settings.origins import is_listed
from app.wire.framing import MAX_UNFINISHED_BYTES

BINARY = Subprotocol("binary.ircv3.net")
TEXT = Subprotocol("text.ircv3.net")
NORMAL_CLOSURE = 1000  # RFC 6455 section 7.4.1

_quiet = logging.getLogger("websockets.server")
_quiet.setLevel(logging.ERROR)  # it would log messages, including passwords


def _choose_subprotocol(protocol: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Return the first supported subprotocol; without one, messages are text."""
    return next((name for name in offered if name in (TEXT, BINARY)), None)


class _OriginCheckingProtocol(ServerProtocol):
    """The protocol, which compares origins in their normal form instead of as text."""

    def __init__(self, allowed_origins: Sequence[str]) -> None:
        super().__init__(select_subprotocol=_choose_subprotocol, max_size=MAX_UNFINISHED_BYTES, logger=_quiet)
        self._allowed_origins = allowed_origins

    def process_origin(self, headers: Headers) -> Origin | None:
        """Return the origin that a web page sent; other programs send none.

        Raises: InvalidHandshake, InvalidOrigin.
        """
        origin = super().process_origin(headers)
        if origin is not None and self._allowed_origins and not is_listed(origin, self._allowed_origins):
            raise InvalidOrigin(origin)
        return origin


class WebSocketTransport:
    """The server side of one WebSocket connection. Without `origins`, any web page may connect."""

    def __init__(self, origins: Sequence[str] = ()) -> None:
        self._lock = Lock()
        self._protocol = _OriginCheckingProtocol(origins)
        self._message = b""  # the frames of an unfinished message
        self._unsent: list[bytes] = []
        self._early = b""  # lines queued before the handshake is finished
        self.is_closed_by_peer = False  # the peer will send no more messages
        self.certificate = None  # only TLS has client certificates

    @property
    def wants_to_send(self) -> bool:
        """Whether there is a reply to a handshake, a ping or a close."""
        return any(self._unsent)

    def decrypt(self, data: bytes) -> bytes:
        """Return the lines of the messages that received bytes complete.

        Raises: TransportError when the peer violates the protocol.
        """
        with self._lock:
            self._protocol.receive_data(data)
            lines = b"".join(map(self._process, self._protocol.events_received()))
            self._unsent += self._protocol.data_to_send()
            self._check_protocol()
            self.is_closed_by_peer = self._protocol.eof_sent
            return lines

    def _process(self, event: Any) -> bytes:
        """Handle a protocol event, and return the line that it completes."""
        if isinstance(event, Request):
            self._answer_handshake(event)
        elif isinstance(event, Frame) and event.opcode in DATA_OPCODES:
            self._message += event.data
            if event.fin:
                line, self._message = self._message + b"\r\n", b""
                return line
        return b""

    def _answer_handshake(self, request: Request) -> None:
        """Accept or reject the upgrade request."""
        if self._protocol.eof_sent:
            return  # data that is not WebSocket followed the request
        self._protocol.send_response(self._protocol.accept(request))
        if self._protocol.state is State.OPEN:
            self._write(self._early)
            self._early = b""

    def _check_protocol(self) -> None:
        """Check for protocol errors and for too many unsent pongs.

        Raises: TransportError.
        """
        fault = self._protocol.handshake_exc or self._protocol.parser_exc
        if fault is None and sum(map(len, self._unsent)) > MAX_PENDING_CONTROL_BYTES:
            raise TransportError("WebSocket failed: too many pings")
        if fault is None:
            return
        if self._protocol.state is State.CONNECTING and not any(self._unsent):
            refusal = self._protocol.reject(HTTPStatus.BAD_REQUEST, "Not a WebSocket handshake\n")
            self._unsent.append(refusal.serialize())
        raise TransportError(f"WebSocket failed: {fault}")

    def encrypt(self, data: bytes, is_last: bool) -> bytes:
        """Return the bytes to send: handshakes and pongs, then each line as a message.

        If `is_last`, a close frame follows. Before the handshake is finished, the lines are
        the body of an HTTP error instead.
        """
        with self._lock:
            if self._protocol.state is State.OPEN:
                self._write(data)
                if is_last:
                    self._protocol.send_close(NORMAL_CLOSURE)
            elif self._protocol.state is State.CONNECTING and not self._protocol.eof_sent:
                self._early += data
                if is_last and self._early:
                    refusal = self._protocol.reject(HTTPStatus.SERVICE_UNAVAILABLE, self._early.decode())
                    self._protocol.send_response(refusal)
            sent = b"".join([*self._unsent, *self._protocol.data_to_send()])
            self._unsent.clear()
            return sent

    def _write(self, lines: bytes) -> None:
        """Queue each line as one message, binary if that was negotiated."""
        send = (
            self._protocol.send_binary if self._protocol.subprotocol == BINARY else self._protocol.send_text
        )
        for line in lines.split(b"\r\n")[:-1]:
            send(line)
