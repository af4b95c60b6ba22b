"""Validates PEM files before the program listens or connects."""

import ssl
from pathlib import Path


def find_pair_fault(certificate: Path, key: Path) -> str | None:
    """Return why a certificate chain and a private key cannot be used together, or None."""
    return _find_read_fault(certificate) or _find_read_fault(key) or _find_mismatch(certificate, key)


def find_authorities_fault(path: Path) -> str | None:
    """Return why a file of CA certificates cannot be used, or None."""
    if reason := _find_read_fault(path):
        return reason
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        return f"{path} contains no certificate in PEM format"
    return None


def _find_read_fault(path: Path) -> str | None:
    try:
        path.open("rb").close()
    except OSError as error:
        return f"{path}: {error.strerror}"
    except ValueError:
        return "the file name is invalid"
    return None


def _find_mismatch(certificate: Path, key: Path) -> str | None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, _refuse_passphrase)
    except ssl.SSLError as error:
        reason = error.reason.replace("_", " ").lower() if error.reason else "not in PEM format"
        return f"{certificate} and {key} are not a certificate and its key ({reason})"
    except ValueError as error:
        return f"{key} {error}"
    return None


def _refuse_passphrase() -> str:
    """Raise an error, so that OpenSSL does not prompt for a passphrase on the terminal."""
    raise ValueError("is encrypted with a passphrase, which cannot be entered at an unattended start")
