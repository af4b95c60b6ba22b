"""TLS over memory: the socket is somebody else's.

OpenSSL's objects must not be used by two threads at a time, and the reader decrypts while the flusher encrypts,
so both go through one lock. Handshake bytes that the reader's side produces leave through the outbox like all
others (`encrypt` returns them too), or records would interleave.
"""

import ssl
from contextlib import suppress
from threading import Lock

from app.net.pipe import Broken


class TlsPipe:
    """The TLS state of one connection on the server's side."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._lock = Lock()
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._is_open = False
        self._is_closed = False
        self._early = b""
        self.is_closed_by_peer = False  # it sent close_notify: no more data comes from it

    def decrypt(self, data: bytes) -> bytes:
        """Take received bytes and return what they mean; there may be new bytes to send afterwards.

        Raises: Broken when the peer does not speak TLS, or badly.
        """
        with self._lock:
            self._incoming.write(data)
            try:
                if self._is_closed or not (self._is_open or self._shake_hands()):
                    return b""
                return self._read()
            except ssl.SSLError as error:
                raise Broken(f"TLS failed: {error.reason or 'no TLS'}") from error

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self._is_open = True
        if self._early:
            self._tls.write(self._early)
            self._early = b""
        return True

    def _read(self) -> bytes:
        parts = []
        try:
            while part := self._tls.read(65536):
                parts.append(part)
            self.is_closed_by_peer = True
        except ssl.SSLWantReadError:
            pass
        return b"".join(parts)

    def encrypt(self, data: bytes, is_last: bool) -> bytes:
        """Return the bytes that go on the wire: those of the handshake so far, and the data, encrypted.

        Behind the last data comes close_notify, so that the peer knows that nothing was cut off.
        """
        with self._lock:
            if data and self._is_open:
                self._tls.write(data)
            elif data and not self._is_closed:
                self._early += data
            if is_last and self._is_open:
                self._close()
            return self._outgoing.read()

    def _close(self) -> None:
        self._is_open, self._is_closed = False, True
        with suppress(ssl.SSLError):  # it would wait for the peer's own close_notify
            self._tls.unwrap()
