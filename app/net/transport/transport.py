"""Transports: the protocols between a socket and IRC, such as TLS and WebSocket.

A transport performs no I/O. The reader decrypts and the flusher encrypts, each on its own thread,
so a transport has a lock. The bytes that the protocol itself sends (a handshake, a pong) are
returned by the next `encrypt`, which may be called without data. If a transport `wants_to_send`
after `decrypt`, the reader requests a flush.
"""

from typing import Protocol

MAX_PENDING_CONTROL_BYTES = 64 * 1024  # handshakes, pongs and the like that wait for a peer to read them


class TransportError(Exception):
    """The peer violated the protocol of the transport; the connection cannot continue."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Transport(Protocol):
    """The protocol state of one connection."""

    @property
    def is_closed_by_peer(self) -> bool:
        """Whether the peer has announced the end of its data."""

    @property
    def wants_to_send(self) -> bool:
        """Whether the protocol itself has bytes to send."""

    @property
    def certificate(self) -> str | None:
        """The SHA-256 fingerprint of the peer's certificate, in hexadecimal."""

    def decrypt(self, data: bytes) -> bytes:
        """Return the application data in received bytes.

        Raises: TransportError when the peer violates the protocol.
        """

    def encrypt(self, data: bytes, is_last: bool) -> bytes:
        """Return the bytes to send: those of the protocol itself, then the encoded data.

        `data` holds complete IRC lines, or is empty. `is_last` means that no more data will come;
        the protocol's closing message follows.
        """


class ChainedTransport:
    """Two transports, `inner` inside `outer`, such as WebSocket inside TLS."""

    def __init__(self, outer: Transport, inner: Transport) -> None:
        self._outer = outer
        self._inner = inner

    @property
    def is_closed_by_peer(self) -> bool:
        """Whether the peer has closed either transport."""
        return self._outer.is_closed_by_peer or self._inner.is_closed_by_peer

    @property
    def wants_to_send(self) -> bool:
        """Whether either transport has bytes to send."""
        return self._outer.wants_to_send or self._inner.wants_to_send

    @property
    def certificate(self) -> str | None:
        """The certificate of the outer transport, which is TLS."""
        return self._outer.certificate

    def decrypt(self, data: bytes) -> bytes:
        """Decode the outer transport, then the inner one.

        Raises: TransportError.
        """
        return self._inner.decrypt(self._outer.decrypt(data))

    def encrypt(self, data: bytes, is_last: bool) -> bytes:
        """Encode the data with the inner transport, then with the outer one."""
        return self._outer.encrypt(self._inner.encrypt(data, is_last), is_last)
