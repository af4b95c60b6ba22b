"""A certificate authority for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 11, 29, tzinfo=UTC)
DAY = timedelta(days=1)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


class Authority:
    """A certificate authority; with an issuer, an intermediate one."""

    def __init__(self, name: str, issuer: "Authority | None" = None) -> None:
        self._name = name
        self._key = generate_private_key(SECP256R1())
        self.certificate = (issuer or self).sign(name, self._key, is_authority=True)

    def sign(
        self,
        name: str,
        key: EllipticCurvePrivateKey,
        names: Sequence[str] = (),
        days: float = 90,
        starts: float = -1,
        is_authority: bool = False,
    ) -> x509.Certificate:
        """Return a certificate for a key; times are in days from NOW."""
        made = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(self._name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + starts * DAY)
            .not_valid_after(NOW + days * DAY)
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        )
        if names:
            made = made.add_extension(x509.SubjectAlternativeName(list(map(_general_name, names))), False)
        return made.sign(self._key, SHA256())

    def issue(self, *names: str, days: float = 90, starts: float = -1) -> x509.Certificate:
        """Return a certificate for a server with these names."""
        return self.sign("server", generate_private_key(SECP256R1()), names, days, starts)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def self_signed(*names: str) -> x509.Certificate:
    """Return a self-signed certificate of a server."""
    key = generate_private_key(SECP256R1())
    authority = Authority("server")
    authority._key = key
    return authority.sign("server", key, names)


def write_chain(path: Path, *certificates: x509.Certificate) -> Path:
    """Write certificates to a PEM file."""
    path.write_bytes(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates))
    return path
