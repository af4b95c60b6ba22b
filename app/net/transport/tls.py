"""TLS over memory: the socket is somebody else's.

OpenSSL's objects must not be used by two threads at a time, and the reader decrypts while the flusher encrypts,
so both go through one lock. What OpenSSL answers by itself while the reader decrypts, such as its part of the
handshake, leaves through the outbox like all else (`encrypt` returns it too), or records would interleave.

It is pyOpenSSL and not the standard library's `ssl`, which cannot take a client's certificate without an authority
that vouches for it. What people identify by (SASL EXTERNAL) are certificates they made themselves: only the
fingerprint counts, and TLS proves that the peer has the key.
"""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock

from OpenSSL import SSL
from OpenSSL.crypto import FILETYPE_ASN1, X509, dump_certificate

from app.errors import SettingsRefused
from app.net.transport.transport import MAX_PENDING_CONTROL_BYTES, TransportError

RECORD_BYTES = 16384  # that one TLS record holds at most (RFC 8446 section 5.1)
MAX_READ_BYTES = 64 * 1024  # at once: mostly all there is; the system makes room for it each time


def new_context(certificate: Path, key: Path) -> SSL.Context:
    """Return what all TLS connections of a port have in common. Clients may show a certificate, and need not.

    Raises: SettingsRefused when the files cannot be used.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    try:
        context.use_certificate_chain_file(str(certificate))
        context.use_privatekey_file(str(key))
        context.check_privatekey()
    except SSL.Error as error:
        raise SettingsRefused(
            f"tls_cert {certificate} and tls_key {key} cannot be used: {_reason(error)}."
        ) from error
    context.set_verify(SSL.VERIFY_PEER, _take_any)
    context.set_session_id(b"chat")  # or nobody who shows a certificate could resume a session
    return context


def _take_any(connection: SSL.Connection, shown: X509, error: int, depth: int, is_right: int) -> bool:
    """Accept a certificate whoever vouches for it."""
    return True


class TlsTransport:
    """The TLS state of one connection on the server's side."""

    def __init__(self, context: SSL.Context) -> None:
        self._lock = Lock()
        self._tls = SSL.Connection(context, None)
        self._tls.set_accept_state()
        self._is_open = False
        self._is_closed = False
        self._early = b""
        self._unsent = b""  # what OpenSSL itself had to say
        self.is_closed_by_peer = False  # it sent close_notify: no more data comes from it
        self.certificate: str | None = None  # SHA-256 of the one that the peer has shown

    @property
    def wants_to_send(self) -> bool:
        """Whether OpenSSL has said something: its part of a handshake, an alert."""
        return bool(self._unsent)

    def decrypt(self, data: bytes) -> bytes:
        """Take received bytes and return what they mean; there may be new bytes to send afterwards.

        Raises: Broken when the peer does not speak TLS, or badly, or asks for ever more and does not read it.
        """
        with self._lock:
            if self._is_closed or not data:  # OpenSSL takes nothing for a failure
                return b""
            try:
                self._tls.bio_write(data)
                plain = self._read() if self._is_open or self._shake_hands() else b""
            except SSL.Error as error:
                raise TransportError(f"TLS failed: {_reason(error)}") from error
            finally:
                self._unsent += self._taken()
            if len(self._unsent) > MAX_PENDING_CONTROL_BYTES:
                raise TransportError("TLS failed: too many handshakes")
            return plain

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            return False
        self._is_open = True
        shown = self._tls.get_peer_certificate()
        if shown is not None:
            self.certificate = sha256(dump_certificate(FILETYPE_ASN1, shown)).hexdigest()
        if self._early:
            self._write(self._early)
            self._early = b""
        return True

    def _read(self) -> bytes:
        parts = []
        try:
            while True:
                parts.append(self._tls.recv(RECORD_BYTES))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.is_closed_by_peer = True
        return b"".join(parts)

    def encrypt(self, data: bytes, is_last: bool) -> bytes:
        """Return the bytes that go on the wire: those of the handshake so far, and the data, encrypted.

        Behind the last data comes close_notify, so that the peer knows that nothing was cut off.
        """
        with self._lock:
            if data and self._is_open:
                self._write(data)
            elif data and not self._is_closed:
                self._early += data
            if is_last and self._is_open:
                self._close()
            said, self._unsent = self._unsent, b""
            return said + self._taken()

    def _write(self, data: bytes) -> None:
        """Encrypt data; once the peer has broken TLS there is nobody to encrypt for."""
        try:
            self._tls.sendall(data)
        except SSL.Error:
            self._is_open, self._is_closed = False, True

    def _taken(self) -> bytes:
        """Return all bytes that wait to go on the wire; mostly they come in one piece, which is passed on as it is."""
        taken = piece = self._piece()
        while len(piece) == MAX_READ_BYTES:
            piece = self._piece()
            taken += piece
        return taken

    def _piece(self) -> bytes:
        """Return the next bytes that wait, none when there are none."""
        try:
            return self._tls.bio_read(MAX_READ_BYTES)
        except SSL.WantReadError:
            return b""

    def _close(self) -> None:
        self._is_open, self._is_closed = False, True
        with suppress(SSL.Error):
            self._tls.shutdown()


def _reason(error: SSL.Error) -> str:
    """Say what OpenSSL found; the last of its words is the reason."""
    found = error.args[0] if error.args else None
    return found[0][-1] if isinstance(found, list) and found else "no TLS"
