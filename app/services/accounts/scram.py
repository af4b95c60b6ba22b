"""The server side of SCRAM-SHA-256 (RFC 5802, RFC 7677).

An unregistered name also gets a challenge, with a salt that is as stable as a real one and keys
that match no password, so the exchange does not reveal which accounts exist.
"""

import hmac
import os
from dataclasses import dataclass

from scramp import ScramMechanism
from scramp.core import ScramServer
from sqlalchemy.orm import Session

from app.services.accounts.accounts import find_account
from app.services.accounts.passwords import SCRAM_ITERATIONS, parse_scram_verifier
from app.wire.names import Key, fold

Verifier = tuple[bytes, bytes, bytes, int]  # salt, stored key, server key, iterations
SALT_BYTES = 16
KEY_BYTES = 32

_mechanism = ScramMechanism("SCRAM-SHA-256")
_secret = os.urandom(KEY_BYTES)


@dataclass(slots=True)
class ScramLogin:
    """A SCRAM exchange in progress, after the server's challenge."""

    name: str
    challenge: str
    _server: ScramServer
    is_proven: bool = False

    def check(self, final: str) -> str:
        """Verify the client's proof and return the server's final message.

        Raises: ScramException when the proof is wrong.
        """
        self._server.set_client_final(final)
        self.is_proven = True
        return str(self._server.get_server_final())


def start_scram_login(session: Session, first: str) -> ScramLogin:
    """Start an exchange from the client's first message.

    Raises: ScramException when the message is malformed.
    """
    names: list[str] = []

    def verifier(name: str) -> Verifier:
        names.append(name)
        return get_verifier(session, fold(name))

    server = _mechanism.make_server(verifier)
    server.set_client_first(first)
    return ScramLogin(names[0], str(server.get_server_first()), server)


def get_verifier(session: Session, key: Key) -> Verifier:
    """Return the verifier of an account.

    For an unknown or disabled account, the verifier matches no proof.
    """
    account = find_account(session, key)
    if account is None:
        return _dummy_salt(key), os.urandom(KEY_BYTES), os.urandom(KEY_BYTES), SCRAM_ITERATIONS
    salt, stored_key, server_key, iterations = parse_scram_verifier(account.scram)
    if account.disabled:
        return salt, os.urandom(KEY_BYTES), os.urandom(KEY_BYTES), iterations
    return salt, stored_key, server_key, iterations


def _dummy_salt(key: Key) -> bytes:
    return hmac.digest(_secret, key.encode(), "sha256")[:SALT_BYTES]
