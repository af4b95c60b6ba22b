"""Self-signed certificates: names, dates, and what TLS libraries make of them."""

import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509

from app.errors import UsageError
from app.services.checks.certificate import list_names
from app.services.self_signed import SelfSignedCertificate, generate_certificate

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_certificate_has_names_dates_and_a_fingerprint() -> None:
    made = generate_certificate(["Chat.Example.org", "192.0.2.1", "::1", "*.example.net"], 90, NOW)
    certificate = x509.load_pem_x509_certificate(made.certificate)
    assert list_names(certificate) == ["chat.example.org", "*.example.net", "192.0.2.1", "::1"]
    assert made.expires.date().isoformat() == "2027-02-20"
    assert certificate.not_valid_before_utc < NOW
    assert made.fingerprint.count(":") == 31
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


def test_international_names_are_stored_in_ascii() -> None:
    assert generate_certificate(["чай.example"], 1, NOW).names == ["xn--80as4b.example"]


@pytest.mark.parametrize(
    "name", ["", "a b", "-a", "a..b", "a_b", "x" * 64, "*", "*.*.a", "a/24", "a\n", "\u202e"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        generate_certificate(["localhost", name], 1, NOW)


def handshake(made: SelfSignedCertificate, folder: Path, host: str, *, is_strict: bool) -> str | None:
    """Connect a verifying client to a server with the certificate, and return the TLS version."""
    (folder / "cert.pem").write_bytes(made.certificate)
    (folder / "key.pem").write_bytes(made.key)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    verifying = ssl.create_default_context(cafile=folder / "cert.pem")
    if is_strict:  # the default since Python 3.13
        verifying.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    one, other = socket.socketpair()
    with one, other:
        thread = Thread(target=lambda: serving.wrap_socket(other, server_side=True).close())
        thread.start()
        with verifying.wrap_socket(one, server_hostname=host) as secured:
            version = secured.version()
        thread.join()
    return version


@pytest.mark.parametrize("is_strict", [False, True])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_client_with_a_copy_verifies_the_server(host: str, is_strict: bool, tmp_path: Path) -> None:
    made = generate_certificate(["localhost", "127.0.0.1"], 1, datetime.now(UTC))
    assert handshake(made, tmp_path, host, is_strict=is_strict) == "TLSv1.3"
