"""PEM files: whether they can be used, said before anything listens or connects."""

import ssl
from pathlib import Path


def find_pair_fault(certificate: Path, key: Path) -> str | None:
    """Say why a certificate chain and a private key cannot serve together, or None when they can."""
    return _unreadable(certificate) or _unreadable(key) or _no_pair(certificate, key)


def find_authorities_fault(path: Path) -> str | None:
    """Say why a file of certificate authorities cannot be trusted with, or None when it can."""
    if reason := _unreadable(path):
        return reason
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        return f"{path} holds no certificate in PEM form"
    return None


def _unreadable(path: Path) -> str | None:
    try:
        path.open("rb").close()
    except OSError as error:
        return f"{path}: {error.strerror}"
    except ValueError:
        return "its name is not one a file can have"
    return None


def _no_pair(certificate: Path, key: Path) -> str | None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, _no_passphrase)
    except ssl.SSLError as error:
        reason = error.reason.replace("_", " ").lower() if error.reason else "not in PEM form"
        return f"{certificate} and {key} are no pair ({reason})"
    except ValueError as error:
        return f"{key} {error}"
    return None


def _no_passphrase() -> str:
    """Answer OpenSSL, which would otherwise ask on the terminal."""
    raise ValueError("is locked with a passphrase, which nobody could type when the server restarts")
