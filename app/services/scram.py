"""SCRAM-SHA-256, the server's side (RFC 5802, RFC 7677): what a proof is checked against, and the check.

For a name that nobody has registered there is a challenge too: with a salt that stays the same, as a real one
does, and keys that no password fits. So the exchange does not tell who has an account.
"""

import hmac
import os
from dataclasses import dataclass

from scramp import ScramMechanism
from scramp.core import ScramServer
from sqlalchemy.orm import Session

from app.services.accounts import SCRAM_ITERATIONS, find_account, parse_scram_verifier
from app.wire.names import Key, fold

Verifier = tuple[bytes, bytes, bytes, int]  # salt, stored key, server key, iterations
SALT_BYTES = 16
KEY_BYTES = 32

_mechanism = ScramMechanism("SCRAM-SHA-256")
_secret = os.urandom(KEY_BYTES)


@dataclass(slots=True)
class ScramLogin:
    """Somebody about to prove that they know the password of an account."""

    name: str
    challenge: str
    _server: ScramServer
    is_proven: bool = False

    def check(self, final: str) -> str:
        """Return the server's own proof.

        Raises: ScramException when the client's is wrong.
        """
        self._server.set_client_final(final)
        self.is_proven = True
        return str(self._server.get_server_final())


def start_scram_login(session: Session, first: str) -> ScramLogin:
    """Read a client's first message, and answer it with a challenge.

    Raises: ScramException when it makes no sense.
    """
    names: list[str] = []

    def verifier(name: str) -> Verifier:
        names.append(name)
        return get_verifier(session, fold(name))

    server = _mechanism.make_server(verifier)
    server.set_client_first(first)
    return ScramLogin(names[0], str(server.get_server_first()), server)


def get_verifier(session: Session, key: Key) -> Verifier:
    """Return what a proof for an account is checked against; if it may not log in, nothing passes."""
    account = find_account(session, key)
    if account is None:
        return _dummy_salt(key), os.urandom(KEY_BYTES), os.urandom(KEY_BYTES), SCRAM_ITERATIONS
    salt, stored_key, server_key, iterations = parse_scram_verifier(account.scram)
    if account.disabled:
        return salt, os.urandom(KEY_BYTES), os.urandom(KEY_BYTES), iterations
    return salt, stored_key, server_key, iterations


def _dummy_salt(key: Key) -> bytes:
    return hmac.digest(_secret, key.encode(), "sha256")[:SALT_BYTES]
