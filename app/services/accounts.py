"""Accounts: registered names and how their passwords are kept and checked.

A password is kept as an Argon2id hash and as a SCRAM-SHA-256 verifier (RFC 5802, RFC 7677); the password
itself is kept nowhere. Hashing takes tens of milliseconds and tens of MiB by design, so it runs under a small
semaphore and never on the engine's thread.
"""

import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from scramp import ScramMechanism
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import Clock
from app.db.models import Account
from app.errors import NotFound
from app.events import Event, Kind
from app.wire.names import Key

SCRAM_ITERATIONS = 4096  # RFC 7677 section 4
ROLES = ("user", "admin")

_hasher = PasswordHasher()
_turnstile = BoundedSemaphore(2)
_scram = ScramMechanism("SCRAM-SHA-256")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is kept of a password."""

    password_hash: str
    scram: str


def protect(password: str) -> Credentials:
    """Turn a password into what may be kept of it. Slow by design."""
    with _turnstile:
        password_hash = _hasher.hash(password)
        salt, stored_key, server_key, iterations = _scram.make_auth_info(
            password, iteration_count=SCRAM_ITERATIONS, salt=os.urandom(16)
        )
    parts = (b64encode(part).decode() for part in (salt, stored_key, server_key))
    return Credentials(password_hash, "$".join((str(iterations), *parts)))


def is_password(password_hash: str, password: str) -> bool:
    """Whether the password belongs to the hash. Slow by design."""
    with _turnstile:
        try:
            return _hasher.verify(password_hash, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def scram_verifier(scram: str) -> tuple[bytes, bytes, bytes, int]:
    """Return a kept verifier as (salt, stored key, server key, iterations)."""
    iterations, *parts = scram.split("$")
    salt, stored_key, server_key = (b64decode(part) for part in parts)
    return salt, stored_key, server_key, int(iterations)


def find_account(session: Session, key: Key) -> Account | None:
    """Look an account up by its folded name."""
    return session.scalar(select(Account).where(Account.key == key))


def get_account(session: Session, key: Key) -> Account:
    """Look an account up by its folded name.

    Raises: NotFound.
    """
    account = find_account(session, key)
    if account is None:
        raise NotFound(f"There is no account {key}.")
    return account


def registered(clock: Clock, name: str, credentials: Credentials, role: str = "user", by: str = "") -> Event:
    """Return the event of a new account."""
    return Event(
        Kind.REGISTERED,
        nick=by or name,
        account=name,
        data={"id": clock.identity(), "role": role},
        secret=credentials,
    )
