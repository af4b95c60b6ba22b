"""A self-signed TLS certificate, for a server that has none from an authority yet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

import idna
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.errors import UsageError

MAX_NAMES = 100
MAX_NAME_LENGTH = 253  # of a host name (RFC 1035)
MAX_COMMON_NAME_LENGTH = 64
CLOCK_TOLERANCE = timedelta(hours=1)  # clients whose clock is behind accept the certificate
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")


@dataclass(frozen=True, slots=True)
class SelfSignedCertificate:
    """A certificate and its private key in PEM format. The fingerprint is SHA-256."""

    certificate: bytes
    key: bytes
    names: list[str]
    fingerprint: str
    expires: datetime


def generate_certificate(names: Sequence[str], days: int, now: datetime) -> SelfSignedCertificate:
    """Generate a key (ECDSA P-256) and a certificate for host names and addresses.

    Raises: UsageError when there are too many names, or one is neither a host name nor an address.
    """
    if not 0 < len(names) <= MAX_NAMES:
        raise UsageError(f"A certificate has 1 to {MAX_NAMES} names.")
    alternatives = [_parse_name(name) for name in dict.fromkeys(names)]
    key = ec.generate_private_key(ec.SECP256R1())
    expires = now + timedelta(days=days)
    certificate = _sign(key, alternatives, now, expires)
    return SelfSignedCertificate(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        [str(name.value) for name in alternatives],
        certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
        certificate.not_valid_after_utc,
    )


def _parse_name(name: str) -> x509.DNSName | x509.IPAddress:
    """Return a subject alternative name; an international name in its ASCII form.

    Raises: UsageError.
    """
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    host = name.lower()
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise UsageError(f"{name} is not a valid host name.") from error
    if not _HOST.fullmatch(host) or len(host) > MAX_NAME_LENGTH:
        raise UsageError(f"{name} is neither a host name nor an address.")
    return x509.DNSName(host)


def _sign(
    key: ec.EllipticCurvePrivateKey,
    alternatives: Sequence[x509.DNSName | x509.IPAddress],
    now: datetime,
    expires: datetime,
) -> x509.Certificate:
    """Return a certificate for TLS servers only, which cannot issue others."""
    common_name = str(alternatives[0].value)[:MAX_COMMON_NAME_LENGTH]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    public_key = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public_key)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    return (
        x509.CertificateBuilder(subject, subject, public_key, x509.random_serial_number())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(expires)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_SIGNING_ONLY, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(issuer, critical=False)
        .sign(key, hashes.SHA256())
    )


_SIGNING_ONLY = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
