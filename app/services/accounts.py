"""Accounts: lookup, events, and password hashing and verification.

A password is stored as an Argon2id hash and as a SCRAM-SHA-256 verifier (RFC 5802, RFC 7677), never
in plain text. Hashing takes tens of milliseconds and tens of MiB by design, so a semaphore limits
how many hashes run at once, and none runs on the engine's thread.
"""

import os
import unicodedata
from base64 import b64decode, b64encode
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from scramp import ScramException, ScramMechanism
from scramp.utils import saslprep
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import Clock
from app.db.models import AccountRow
from app.errors import NotFound, UsageError
from app.events import Event, Kind, PasswordHashes
from app.events.data import AccountChangedData, RegisteredData
from app.wire.names import Key

SCRAM_ITERATIONS = 4096  # RFC 7677 section 4
ROLES = ("user", "admin")
MAX_PASSWORD_BYTES = 600  # reachable only with `chat-admin`: a REGISTER line holds about 450

_hasher = PasswordHasher()
_hashing_slots = BoundedSemaphore(2)
_scram = ScramMechanism("SCRAM-SHA-256")


def hash_password(password: str) -> PasswordHashes:
    """Hash a password for storage. Slow by design."""
    with _hashing_slots:
        password_hash = _hasher.hash(password)
        salt, stored_key, server_key, iterations = _scram.make_auth_info(
            password, iteration_count=SCRAM_ITERATIONS, salt=os.urandom(16)
        )
    parts = (b64encode(part).decode() for part in (salt, stored_key, server_key))
    return PasswordHashes(password_hash, "$".join((str(iterations), *parts)))


def verify_password(password_hash: str | None, password: str) -> bool:
    """Return whether a password matches a hash; without one, return False after the same delay."""
    with _hashing_slots:
        try:
            return _hasher.verify(password_hash or _dummy_hash(), password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def verify_login(session: Session, key: Key, password: str) -> bool:
    """Return whether the password is valid for an enabled account.

    The check takes the same time for a missing or disabled account, so that timing does not reveal
    which accounts exist. The session is closed before the password is hashed.
    """
    account = find_account(session, key)
    session.close()
    is_valid = verify_password(account.password_hash if account else None, password)
    return is_valid and account is not None and not account.disabled


def _dummy_hash() -> str:
    """Return a hash that no password matches, with the same verification cost as a real hash."""
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    salt, key = (
        b64encode(os.urandom(size)).decode().rstrip("=") for size in (_hasher.salt_len, _hasher.hash_len)
    )
    return f"$argon2id$v=19${cost}${salt}${key}"


def parse_scram_verifier(scram: str) -> tuple[bytes, bytes, bytes, int]:
    """Return a stored verifier as (salt, stored key, server key, iterations)."""
    iterations, *parts = scram.split("$")
    salt, stored_key, server_key = (b64decode(part) for part in parts)
    return salt, stored_key, server_key, int(iterations)


def find_account(session: Session, key: Key) -> AccountRow | None:
    """Return the account with the given folded name, or None."""
    return session.scalar(select(AccountRow).where(AccountRow.key == key))


def get_account(session: Session, key: Key) -> AccountRow:
    """Return the account with the given folded name.

    Raises: NotFound.
    """
    account = find_account(session, key)
    if account is None:
        raise NotFound(f"There is no account {key}; `chat-admin user list` lists all accounts.")
    return account


def registration_event(
    clock: Clock,
    name: str,
    credentials: PasswordHashes,
    role: str = "user",
    by: str = "",
    invitation: int | None = None,
) -> Event:
    """Return the event that registers an account.

    `by` is the nick of the administrator, if any; `invitation` is the id of the invitation used.
    """
    return Event(
        Kind.REGISTERED,
        nick=by or name,
        account=name,
        data=RegisteredData(clock.new_id(), role, invitation),
        secret=credentials,
    )


def account_change_event(
    account: AccountRow,
    by: str,
    credentials: PasswordHashes | None = None,
    *,
    role: str | None = None,
    disabled: bool | None = None,
    always_on: bool | None = None,
) -> Event:
    """Return the event that changes the given properties of an account.

    New credentials are carried in the event's `secret`, which is not written to the log.
    """
    data = AccountChangedData(account.id, role, disabled, always_on, password=credentials is not None)
    return Event(Kind.ACCOUNT_CHANGED, nick=by, account=account.name, data=data, secret=credentials)


def check_password(password: str, min_length: int = 1) -> None:
    """Check the length and the characters of a new password.

    Raises: UsageError.
    """
    if len(password) < min_length:
        raise UsageError(f"The password must be at least {min_length} characters long.")
    if len(password.encode(errors="replace")) > MAX_PASSWORD_BYTES:
        raise UsageError(f"The password must be at most {MAX_PASSWORD_BYTES} bytes long.")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in password):
        raise UsageError("The password contains a control character, which no client can send.")
    try:
        saslprep(password)
    except ScramException as error:
        raise UsageError(
            "The password contains a character that SASLprep (RFC 4013) does not allow."
        ) from error
