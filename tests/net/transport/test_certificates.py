"""Self-signed TLS client certificates over real sockets, and SASL EXTERNAL with them."""

import socket
import ssl
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.sync.client import connect

from tests.net.running_server import RunningServer, trust
from tests.process.socket_client import TIMEOUT_SECONDS, SocketClient


def create_certificate(folder: Path) -> tuple[Path, str]:
    """Write a key and an expired self-signed certificate; return the file and the fingerprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "anna")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=9)).not_valid_after(now - timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    path = folder / "own.pem"
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(pem))
    return path, sha256(certificate.public_bytes(der)).hexdigest()


def connect_with_certificate(
    chat: RunningServer, path: Path, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> SocketClient:
    """Connect with a client certificate."""
    context = trust()
    context.maximum_version = version
    context.load_cert_chain(path)
    return SocketClient(chat.tls_port, tls=context)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_self_signed_client_certificate_logs_in(
    chat: RunningServer, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """It may have expired: only its fingerprint and the possession of the key count."""
    path, fingerprint = create_certificate(tmp_path)
    with connect_with_certificate(chat, path, version) as first:
        first.register("anna")
        first.send("REGISTER * * secret", "NS CERT ADD", "WHOIS anna")
        assert first.hears(" 276 ")[-1].endswith(fingerprint)
        first.send("QUIT")
        first.hears("ERROR")
    with connect_with_certificate(chat, path, version) as again:
        again.send("CAP LS 302", "AUTHENTICATE EXTERNAL", "AUTHENTICATE +")
        lines = again.hears(" 903 ")
        assert any("SCRAM-SHA-256,EXTERNAL" in line for line in lines)
    with connect_with_certificate(chat, path, version) as named:
        named.send("AUTHENTICATE EXTERNAL", f"AUTHENTICATE {b64encode(b'anna').decode()}")
        named.hears(" 903 ")


@pytest.mark.parametrize("is_reloaded", [False, True])
def test_only_irc_listeners_ask_for_a_client_certificate(
    chat: RunningServer, tmp_path: Path, is_reloaded: bool
) -> None:
    """Browsers give up a handshake that asks for a certificate they do not have."""
    path, fingerprint = create_certificate(tmp_path)
    if is_reloaded:
        chat.reload()
    with connect_with_certificate(chat, path) as anna:
        anna.register("anna")
        anna.send("WHOIS anna")
        assert anna.hears(" 276 ")[-1].endswith(fingerprint)
    context = trust()
    context.load_cert_chain(path)
    with connect(f"wss://localhost:{chat.ports['WebSocket in TLS']}/", ssl=context) as page:
        for line in ("CAP LS 302", "NICK bob", "USER bob 0 * :bob", "CAP END", "WHOIS bob"):
            page.send(line)
        lines = [str(page.recv(TIMEOUT_SECONDS))]
        while " 318 " not in lines[-1]:
            lines.append(str(page.recv(TIMEOUT_SECONDS)))
    assert any("sasl=PLAIN,SCRAM-SHA-256 " in line for line in lines), "EXTERNAL is not offered"
    assert not [line for line in lines if " 276 " in line]


def test_client_certificate_is_optional(chat: RunningServer) -> None:
    alice = chat.connect("alice", tls=True)
    alice.send("CAP LS 302", "AUTHENTICATE EXTERNAL", "AUTHENTICATE +", "PING x")
    lines = alice.hears("PONG")
    assert not any("EXTERNAL" in line for line in lines)
    assert any(" 904 " in line for line in lines)


def test_resumed_tls_session_keeps_the_client_certificate(chat: RunningServer, tmp_path: Path) -> None:
    """OpenSSL refuses to resume such a session unless the server sets a session id context."""
    path, fingerprint = create_certificate(tmp_path)
    context = trust()
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # with a session ticket by the end of the handshake
    context.load_cert_chain(path)
    with SocketClient(chat.tls_port, tls=context) as first:
        assert isinstance(first.socket, ssl.SSLSocket)
        first.register("anna")
        session = first.socket.session
        plain = socket.create_connection(("127.0.0.1", chat.tls_port))
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as again:
            assert again.session_reused
            again.sendall(b"NICK bob\r\nUSER b 0 * :b\r\nWHOIS bob\r\n")
            lines = b""
            while b" 318 " not in lines:
                lines += again.recv(4096)
            assert fingerprint.encode() in lines
