"""WebSocket (RFC 6455): each message is one line of IRC, without its line end.

See https://ircv3.net/specs/extensions/websocket. The `websockets` library keeps the rules of the protocol; this
pipe keeps the lock and the limits. Compression is never agreed on: lines are short, and its windows would cost
more memory than all else that a client does.
"""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from threading import Lock
from typing import Any

from websockets.frames import DATA_OPCODES, Frame
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from app.net.transport.transport import MAX_PENDING_CONTROL_BYTES, TransportError
from app.wire.framing import MAX_UNFINISHED_BYTES

BINARY = Subprotocol("binary.ircv3.net")
TEXT = Subprotocol("text.ircv3.net")
NORMAL_CLOSURE = 1000  # RFC 6455 section 7.4.1

_quiet = logging.getLogger("websockets.server")
_quiet.setLevel(logging.ERROR)  # it would log what is said: passwords, too


def _chosen(protocol: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Choose the first known subprotocol; a client that names none, or others, is spoken to in text."""
    return next((name for name in offered if name in (TEXT, BINARY)), None)


class WebSocketTransport:
    """The WebSocket state of one connection on the server's side. Without `origins` any web page may connect."""

    def __init__(self, origins: Sequence[str] = ()) -> None:
        self._lock = Lock()
        self._protocol = ServerProtocol(
            origins=[*map(Origin, origins), None] if origins else None,
            select_subprotocol=_chosen,
            max_size=MAX_UNFINISHED_BYTES,
            logger=_quiet,
        )
        self._message = b""  # what has come of a message in several frames
        self._unsent: list[bytes] = []
        self._early = b""  # lines for a client that has not said hello
        self.is_closed_by_peer = False  # no more messages come from it
        self.certificate = None  # which only TLS is shown

    @property
    def wants_to_send(self) -> bool:
        """Whether there is an answer to a handshake, a ping or a close."""
        return any(self._unsent)

    def decrypt(self, data: bytes) -> bytes:
        """Take received bytes and return the lines of the messages they complete.

        Raises: Broken when the peer does not speak WebSocket, or badly.
        """
        with self._lock:
            self._protocol.receive_data(data)
            lines = b"".join(map(self._received, self._protocol.events_received()))
            self._unsent += self._protocol.data_to_send()
            self._refuse_broken()
            self.is_closed_by_peer = self._protocol.eof_sent
            return lines

    def _received(self, event: Any) -> bytes:
        """Do what an event asks for, and return the line that it completes."""
        if isinstance(event, Request):
            self._shake_hands(event)
        elif isinstance(event, Frame) and event.opcode in DATA_OPCODES:
            self._message += event.data
            if event.fin:
                line, self._message = self._message + b"\r\n", b""
                return line
        return b""

    def _shake_hands(self, request: Request) -> None:
        """Answer the request: with the switch to WebSocket, or with what is wrong with it."""
        if self._protocol.eof_sent:
            return  # it went on at once with something that is no WebSocket
        self._protocol.send_response(self._protocol.accept(request))
        if self._protocol.state is State.OPEN:
            self._write(self._early)
            self._early = b""

    def _refuse_broken(self) -> None:
        """Raise what went wrong, if something did.

        Raises: Broken.
        """
        fault = self._protocol.handshake_exc or self._protocol.parser_exc
        if fault is None and sum(map(len, self._unsent)) > MAX_PENDING_CONTROL_BYTES:
            raise TransportError("WebSocket failed: too many pings")
        if fault is None:
            return
        if self._protocol.state is State.CONNECTING and not any(self._unsent):
            refusal = self._protocol.reject(HTTPStatus.BAD_REQUEST, "This is no WebSocket handshake\n")
            self._unsent.append(refusal.serialize())
        raise TransportError(f"WebSocket failed: {fault}")

    def encrypt(self, data: bytes, is_last: bool) -> bytes:
        """Return the bytes that go on the wire: handshakes and pongs so far, and each line as a message.

        Behind the last line comes a close frame; who has not finished the handshake is told by HTTP instead.
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
        """Queue each line as one message, binary if that was agreed on."""
        send = (
            self._protocol.send_binary if self._protocol.subprotocol == BINARY else self._protocol.send_text
        )
        for line in lines.split(b"\r\n")[:-1]:
            send(line)
