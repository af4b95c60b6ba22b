"""Accounts: registered names and how their passwords are kept and checked.

A password is kept as an Argon2id hash and as a SCRAM-SHA-256 verifier (RFC 5802, RFC 7677); the password
itself is kept nowhere. Hashing takes tens of milliseconds and tens of MiB by design, so it runs under a small
semaphore and never on the engine's thread.
"""

import os
import unicodedata
from base64 import b64decode, b64encode
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from scramp import ScramException, ScramMechanism
from scramp.utils import saslprep
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import Clock
from app.db.models import AccountRow
from app.errors import NotFound, UsageError
from app.events import Event, Kind
from app.wire.names import Key

SCRAM_ITERATIONS = 4096  # RFC 7677 section 4
ROLES = ("user", "admin")
MAX_PASSWORD_BYTES = 600  # bytes; IRC's REGISTER has room for some 450, `chat-admin` for all

_hasher = PasswordHasher()
_hashing_slots = BoundedSemaphore(2)
_scram = ScramMechanism("SCRAM-SHA-256")


@dataclass(frozen=True, slots=True)
class PasswordHashes:
    """What is kept of a password, and where its owner gets mail."""

    password_hash: str
    scram: str
    email: str | None = None


def hash_password(password: str) -> PasswordHashes:
    """Turn a password into what may be kept of it. Slow by design."""
    with _hashing_slots:
        password_hash = _hasher.hash(password)
        salt, stored_key, server_key, iterations = _scram.make_auth_info(
            password, iteration_count=SCRAM_ITERATIONS, salt=os.urandom(16)
        )
    parts = (b64encode(part).decode() for part in (salt, stored_key, server_key))
    return PasswordHashes(password_hash, "$".join((str(iterations), *parts)))


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; without a hash it takes as long to say no. Slow by design."""
    with _hashing_slots:
        try:
            return _hasher.verify(password_hash or _dummy_hash(), password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def verify_login(session: Session, key: Key, password: str) -> bool:
    """Whether the password opens the account. For no account, or a disabled one, it takes as long to say no.

    The database is given back before the slow part.
    """
    account = find_account(session, key)
    session.close()
    is_right = verify_password(account.password_hash if account else None, password)
    return is_right and account is not None and not account.disabled


def _dummy_hash() -> str:
    """Return a hash that no password belongs to, as costly to check as any other."""
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    salt, key = (
        b64encode(os.urandom(size)).decode().rstrip("=") for size in (_hasher.salt_len, _hasher.hash_len)
    )
    return f"$argon2id$v=19${cost}${salt}${key}"


def parse_scram_verifier(scram: str) -> tuple[bytes, bytes, bytes, int]:
    """Return a kept verifier as (salt, stored key, server key, iterations)."""
    iterations, *parts = scram.split("$")
    salt, stored_key, server_key = (b64decode(part) for part in parts)
    return salt, stored_key, server_key, int(iterations)


def find_account(session: Session, key: Key) -> AccountRow | None:
    """Look an account up by its folded name."""
    return session.scalar(select(AccountRow).where(AccountRow.key == key))


def get_account(session: Session, key: Key) -> AccountRow:
    """Look an account up by its folded name.

    Raises: NotFound.
    """
    account = find_account(session, key)
    if account is None:
        raise NotFound(f"There is no account {key}; `chat-admin user list` shows all.")
    return account


def registration_event(
    clock: Clock, name: str, credentials: PasswordHashes, role: str = "user", by: str = ""
) -> Event:
    """Return the event of a new account."""
    return Event(
        Kind.REGISTERED,
        nick=by or name,
        account=name,
        data={"id": clock.identity(), "role": role},
        secret=credentials,
    )


def account_change_event(
    clock: Clock, account: AccountRow, by: str, secret: PasswordHashes | None = None, **new: Any
) -> Event:
    """Return the event of an account that is not as it was; a new password is told of, never shown."""
    data = {"id": account.id, **new}
    if secret is not None:
        data["password"] = True
    return Event(Kind.ACCOUNT_CHANGED, nick=by, account=account.name, data=data, secret=secret)


def check_password(password: str, shortest: int = 1) -> None:
    """Refuse what cannot be a password.

    Raises: UsageError.
    """
    if len(password) < shortest:
        raise UsageError(f"The password is too short: {shortest} characters are the least.")
    if len(password.encode(errors="replace")) > MAX_PASSWORD_BYTES:
        raise UsageError(f"The password is too long: {MAX_PASSWORD_BYTES} bytes are the most.")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in password):
        raise UsageError("The password has a control character in it, which no client can send.")
    try:
        saslprep(password)
    except ScramException as error:
        raise UsageError("The password has a character in it that log-in does not allow.") from error
