"""The TLS transport without sockets: limits on the replies that a peer can provoke."""

import hmac
from collections.abc import Iterator
from contextlib import suppress
from itertools import count, islice
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from OpenSSL import SSL

from app.net.transport.tls import TlsTransport, new_context
from app.net.transport.transport import MAX_PENDING_CONTROL_BYTES, TransportError

FILES = Path(__file__).parents[2] / "tls"
HANDSHAKE, DATA = 22, 23  # record content types (RFC 5246, section 6.2.1)
CLIENT_HELLO = b"\x01\0\0\0"
ALERT_BYTES = 31  # no_renegotiation, the reply to each ClientHello
CIPHERS = b"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256"


class RecordWriter:
    """A TLS 1.2 client that completes the handshake and then encrypts its own records."""

    def __init__(self, transport: TlsTransport) -> None:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.set_cipher_list(CIPHERS)
        tls = SSL.Connection(context, None)
        tls.set_connect_state()
        for _ in range(3):
            with suppress(SSL.WantReadError):
                tls.do_handshake()
            with suppress(SSL.WantReadError):
                transport.decrypt(tls.bio_read(MAX_PENDING_CONTROL_BYTES))
            if output := transport.encrypt(b"", is_last=False):
                tls.bio_write(output)
        secret, seed = tls.master_key() or b"", (tls.server_random() or b"") + (tls.client_random() or b"")
        keys = b"".join(islice(_expand(secret, b"key expansion" + seed), 2))
        self._cipher, self._salt = AESGCM(keys[:16]), keys[32:36]
        self._numbers = count(1)  # sequence numbers; Finished used 0

    def record(self, kind: int, data: bytes) -> bytes:
        """Return an AES-GCM record (RFC 5288, section 3)."""
        number = next(self._numbers).to_bytes(8, "big")
        head = bytes([kind, 3, 3])
        sealed = self._cipher.encrypt(self._salt + number, data, number + head + len(data).to_bytes(2, "big"))
        return head + (len(number) + len(sealed)).to_bytes(2, "big") + number + sealed


def _expand(secret: bytes, seed: bytes) -> Iterator[bytes]:
    """Yield the blocks of P_SHA256(secret, seed) (RFC 5246, section 5)."""
    link = seed
    while True:
        link = hmac.digest(secret, link, "sha256")
        yield hmac.digest(secret, link + seed, "sha256")


def test_a_peer_that_never_reads_handshake_replies_is_dropped() -> None:
    transport = TlsTransport(new_context(FILES / "cert.pem", FILES / "key.pem"))
    writer = RecordWriter(transport)
    assert transport.decrypt(writer.record(DATA, b"PING one\r\n")) == b"PING one\r\n"
    for _ in range(MAX_PENDING_CONTROL_BYTES // ALERT_BYTES):
        transport.decrypt(writer.record(HANDSHAKE, CLIENT_HELLO))
    assert transport.decrypt(writer.record(DATA, b"PING two\r\n")) == b"PING two\r\n"
    with pytest.raises(TransportError, match="too many handshakes"):
        transport.decrypt(writer.record(HANDSHAKE, CLIENT_HELLO))


def test_peer_that_reads_handshake_replies_is_not_limited() -> None:
    transport = TlsTransport(new_context(FILES / "cert.pem", FILES / "key.pem"))
    writer = RecordWriter(transport)
    for _ in range(MAX_PENDING_CONTROL_BYTES // ALERT_BYTES * 2):
        transport.decrypt(writer.record(HANDSHAKE, CLIENT_HELLO))
        assert len(transport.encrypt(b"", is_last=False)) == ALERT_BYTES
