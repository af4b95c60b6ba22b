"""TLS on memory buffers; the caller owns the socket.

OpenSSL objects must not be used by two threads at a time, but the reader decrypts while the flusher
encrypts, so both take a lock. Bytes that OpenSSL produces during decryption, such as handshake
messages, are sent through the outbox like all others (`encrypt` returns them), otherwise records
would interleave.

The standard library's `ssl` cannot accept a client certificate that no trusted authority signed, so
this uses pyOpenSSL. Users log in with self-signed certificates (SASL EXTERNAL): only the
fingerprint counts, and TLS proves that the peer has the private key.
"""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock

from OpenSSL import SSL
from OpenSSL.crypto import FILETYPE_ASN1, X509, dump_certificate

from app.errors import SettingsRefused
from app.net.transport.transport import MAX_PENDING_CONTROL_BYTES, TransportError

RECORD_BYTES = 16384  # maximum plaintext of a TLS record (RFC 8446 section 5.1)
MAX_READ_BYTES = 64 * 1024  # per read from OpenSSL, which allocates a buffer of this size each time


def new_context(certificate: Path, key: Path) -> SSL.Context:
    """Return the TLS context of a listener, which does not ask for a client certificate.

    Raises: SettingsRefused when the certificate or key is unusable.
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
    return context


def request_client_certificates(context: SSL.Context) -> None:
    """Ask clients for a certificate, which is optional and need not be signed by an authority.

    Not for WebSockets: a browser without a certificate aborts the handshake.
    """
    context.set_verify(SSL.VERIFY_PEER, _accept_any_certificate)
    context.set_session_id(b"chat")  # required to resume sessions with client certificates


def _accept_any_certificate(
    connection: SSL.Connection, certificate: X509, error: int, depth: int, is_valid: int
) -> bool:
    return True


class TlsTransport:
    """The server side of one TLS connection."""

    def __init__(self, context: SSL.Context) -> None:
        self._lock = Lock()
        self._tls = SSL.Connection(context, None)
        self._tls.set_accept_state()
        self._is_open = False
        self._is_closed = False
        self._early = b""
        self._unsent = b""  # handshake messages and alerts
        self.is_closed_by_peer = False  # the peer sent close_notify
        self.certificate: str | None = None  # SHA-256 of the peer's certificate

    @property
    def wants_to_send(self) -> bool:
        """Whether there are handshake messages or alerts to send."""
        return bool(self._unsent)

    def decrypt(self, data: bytes) -> bytes:
        """Return the plaintext of received bytes.

        Raises: TransportError when the peer violates TLS, or causes too many replies without
        reading them.
        """
        with self._lock:
            if self._is_closed or not data:  # OpenSSL treats an empty write as an error
                return b""
            try:
                self._tls.bio_write(data)
                plain = self._read() if self._is_open or self._do_handshake() else b""
            except SSL.Error as error:
                raise TransportError(f"TLS failed: {_reason(error)}") from error
            finally:
                self._unsent += self._read_encrypted()
            if len(self._unsent) > MAX_PENDING_CONTROL_BYTES:
                raise TransportError("TLS failed: too many handshakes")
            return plain

    def _do_handshake(self) -> bool:
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            return False
        self._is_open = True
        certificate = self._tls.get_peer_certificate()
        if certificate is not None:
            self.certificate = sha256(dump_certificate(FILETYPE_ASN1, certificate)).hexdigest()
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
        """Return the bytes to send: handshake messages and alerts, then the encrypted data.

        If `is_last`, close_notify follows, so that the peer can detect truncation.
        """
        with self._lock:
            if data and self._is_open:
                self._write(data)
            elif data and not self._is_closed:
                self._early += data
            if is_last and self._is_open:
                self._close()
            unsent, self._unsent = self._unsent, b""
            return unsent + self._read_encrypted()

    def _write(self, data: bytes) -> None:
        """Encrypt data; drop it if the peer has violated the protocol."""
        try:
            self._tls.sendall(data)
        except SSL.Error:
            self._is_open, self._is_closed = False, True

    def _read_encrypted(self) -> bytes:
        """Return all encrypted bytes to send; a single chunk, the usual case, is not copied."""
        data = chunk = self._read_chunk()
        while len(chunk) == MAX_READ_BYTES:
            chunk = self._read_chunk()
            data += chunk
        return data

    def _read_chunk(self) -> bytes:
        try:
            return self._tls.bio_read(MAX_READ_BYTES)
        except SSL.WantReadError:
            return b""

    def _close(self) -> None:
        self._is_open, self._is_closed = False, True
        with suppress(SSL.Error):
            self._tls.shutdown()


def _reason(error: SSL.Error) -> str:
    """Return the reason: the last element of the first entry in OpenSSL's error queue."""
    found = error.args[0] if error.args else None
    return found[0][-1] if isinstance(found, list) and found else "not TLS"
