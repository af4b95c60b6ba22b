"""Pipes: what stands between a socket's bytes and the bytes of IRC, such as TLS and WebSocket.

The reader decrypts and the flusher encrypts, each on its own thread, so a pipe locks itself. What a pipe has to
say by itself (a handshake, a pong) leaves with the next `encrypt`, which may be given no data at all; if it
`wants_to_send` after a `decrypt`, the reader sees to it that there is one.
"""

from typing import Protocol

MAX_PENDING_CONTROL_BYTES = (
    64 * 1024
)  # of what a pipe has to say by itself, waiting for a peer that does not read it


class TransportError(Exception):
    """The peer does not speak what the pipe expects; nothing it sends can be understood any more."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Transport(Protocol):
    """One connection's way of wrapping bytes."""

    @property
    def is_closed_by_peer(self) -> bool:
        """Whether the peer said that it sends nothing more."""

    @property
    def wants_to_send(self) -> bool:
        """Whether it has something to say by itself."""

    @property
    def certificate(self) -> str | None:
        """The fingerprint of the certificate that the peer has shown: SHA-256, in hexadecimal."""

    def decrypt(self, data: bytes) -> bytes:
        """Take received bytes and return what they mean; there may be new bytes to send afterwards.

        Raises: Broken when they mean nothing.
        """

    def encrypt(self, data: bytes, is_last: bool) -> bytes:
        """Return the bytes that go on the wire: what the pipe itself has to say, and whole lines, wrapped."""


class ChainedTransport:
    """Two pipes as one: `inner` inside `outer`, such as WebSocket inside TLS."""

    def __init__(self, outer: Transport, inner: Transport) -> None:
        self._outer = outer
        self._inner = inner

    @property
    def is_closed_by_peer(self) -> bool:
        """Whether the peer has closed either of them."""
        return self._outer.is_closed_by_peer or self._inner.is_closed_by_peer

    @property
    def wants_to_send(self) -> bool:
        """Whether either of them does."""
        return self._outer.wants_to_send or self._inner.wants_to_send

    @property
    def certificate(self) -> str | None:
        """What the outer pipe was shown, which is TLS."""
        return self._outer.certificate

    def decrypt(self, data: bytes) -> bytes:
        """Unwrap the outer, then the inner one.

        Raises: Broken.
        """
        return self._inner.decrypt(self._outer.decrypt(data))

    def encrypt(self, data: bytes, is_last: bool) -> bytes:
        """Wrap with the inner, then with the outer one."""
        return self._outer.encrypt(self._inner.encrypt(data, is_last), is_last)
