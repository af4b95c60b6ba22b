"""Checks of the TLS certificate: its chain, its names and its dates."""

import ssl
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtensionOID
from OpenSSL import crypto

from app.services.checks.finding import CheckResult, Finding

MIN_REMAINING = timedelta(days=14)  # renewals usually happen a month before the end
RENEW = "Renew it; the server reads it again on SIGHUP (`systemctl reload chat-server`)."
ADD_CHAIN = (
    "Put the certificates of its authorities behind it, in order, as in fullchain.pem of Let's Encrypt."
)


def check_certificate(path: Path, now: datetime, host: str | None = None) -> CheckResult:
    """Check the certificate chain in a PEM file; `host` is the name that clients connect to."""
    try:
        chain = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it contains no certificate in PEM format"
        finding = Finding(f"The certificate {path} cannot be used: {reason}.", "Correct tls_cert.")
        return CheckResult("certificate", str(path), [finding])
    names = list_names(chain[0])
    findings = [
        *_find_date_problems(chain, now),
        *_find_chain_problems(chain, now),
        *_find_name_problems(names, host),
    ]
    ends = min(certificate.not_valid_after_utc for certificate in chain)
    summary = f"{path} for {', '.join(names) or 'no name'}, valid until {ends:%Y-%m-%d}"
    return CheckResult("certificate", summary, findings)


def list_names(certificate: x509.Certificate) -> list[str]:
    """Return the host names and addresses that a certificate is valid for."""
    try:
        extension = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        return []
    names = extension.value
    assert isinstance(names, x509.SubjectAlternativeName)
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return [*names.get_values_for_type(x509.DNSName), *addresses]


def _find_date_problems(chain: Sequence[x509.Certificate], now: datetime) -> Iterator[Finding]:
    for certificate in chain:
        name = _describe(certificate)
        ends = certificate.not_valid_after_utc
        if ends <= now:
            yield Finding(f"{name} expired on {ends:%Y-%m-%d}; clients refuse it.", RENEW)
        elif ends - now < MIN_REMAINING:
            yield Finding(f"{name} expires on {ends:%Y-%m-%d}, in {(ends - now).days} days.", RENEW)
        if certificate.not_valid_before_utc > now:
            yield Finding(
                f"{name} is valid only from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC.",
                "Check the clock of this machine, or use another certificate.",
            )


def _find_chain_problems(chain: Sequence[x509.Certificate], now: datetime) -> Iterator[Finding]:
    for certificate, issuer in pairwise(chain):
        if not _is_issued_by(certificate, issuer):
            yield Finding(
                f"{_describe(issuer)} did not issue {_describe(certificate)}, which stands before it.",
                ADD_CHAIN,
            )
            return
    if chain[0].issuer == chain[0].subject and len(chain) == 1:
        yield Finding(
            f"{_describe(chain[0])} is self-signed: clients refuse it or ask, unless they know it.",
            "Get one from a certificate authority, such as Let's Encrypt.",
        )
    elif reason := _find_trust_problem(chain, now):
        yield Finding(
            f"No authority that this machine trusts vouches for {_describe(chain[0])}: {reason}.", ADD_CHAIN
        )


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _find_trust_problem(chain: Sequence[x509.Certificate], now: datetime) -> str | None:
    """Return why the chain does not lead to an authority of the system; dates are checked apart."""
    paths, store = ssl.get_default_verify_paths(), crypto.X509Store()
    if not paths.cafile and not paths.capath:
        return None  # this machine knows no authorities, so nothing can be said
    store.load_locations(paths.cafile, paths.capath)
    store.set_time(max(min(now, chain[0].not_valid_after_utc), chain[0].not_valid_before_utc))
    leaf, *others = [crypto.X509.from_cryptography(certificate) for certificate in chain]
    try:
        crypto.X509StoreContext(store, leaf, others).verify_certificate()
    except crypto.X509StoreContextError as error:
        return str(error)
    return None


def _find_name_problems(names: Sequence[str], host: str | None) -> Iterator[Finding]:
    if not names:
        yield Finding(
            "The certificate names no host (subjectAltName); clients refuse it.",
            "Get a certificate for the name that clients connect to.",
        )
    elif host is not None and not any(_matches(host, name) for name in names):
        yield Finding(
            f"The certificate is not valid for {host}.",
            f"Get one for {host}, or let clients connect to one of: {', '.join(names)}.",
        )


def _matches(host: str, name: str) -> bool:
    """Return whether a name of a certificate covers a host (RFC 6125)."""
    try:
        return ip_address(host) == ip_address(name)
    except ValueError:
        pass
    host, name = host.lower().rstrip("."), name.lower().rstrip(".")
    return host == name or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _describe(certificate: x509.Certificate) -> str:
    return f"The certificate of {certificate.subject.rfc4514_string() or 'no one'}"
