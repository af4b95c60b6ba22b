"""Passwords: hashing, verification, and the rules for new ones.

A password is stored as an Argon2id hash and as a SCRAM-SHA-256 verifier (RFC 5802, RFC 7677), never
in plain text. Hashing takes tens of milliseconds and tens of MiB by design, so a semaphore limits
how many hashes run at once, and none runs on the engine's thread. The semaphore is fair between
flows. A server passes the rate limit key of the client's address as the flow, so that a client with
many connections does not delay the logins of others.
"""

import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from scramp import ScramException, ScramMechanism
from sqlalchemy.orm import Session

from app.errors import UsageError
from app.events import PasswordHashes
from app.services.accounts.accounts import find_account
from app.services.accounts.fair_semaphore import FairSemaphore
from app.wire.names import Key
from app.wire.saslprep import ProhibitedString, prepare_query, prepare_stored

SCRAM_ITERATIONS = 4096  # RFC 7677 section 4
MAX_PASSWORD_BYTES = 600  # reachable only with `chat-admin`: a REGISTER line holds about 450

MAX_CONCURRENT_HASHES = 2  # each takes tens of MiB

_hasher = PasswordHasher()
_hashing_slots = FairSemaphore(MAX_CONCURRENT_HASHES)
_scram = ScramMechanism("SCRAM-SHA-256")
_DUMMY_VERIFIER = f"{SCRAM_ITERATIONS}$AAAA$$"  # its empty keys match no password


class PasswordTooShort(UsageError):
    """A new password has fewer characters than required."""


def hash_password(password: str, flow: str = "") -> PasswordHashes:
    """Hash a new password, prepared with SASLprep, for storage. Slow by design.

    Raises: ProhibitedString; `check_password` refuses such a password with a sentence.
    """
    prepared = prepare_stored(password)
    with _hashing_slots.slot(flow):
        password_hash = _hasher.hash(prepared)
        salt, stored_key, server_key, iterations = _scram.make_auth_info(
            prepared, iteration_count=SCRAM_ITERATIONS, salt=os.urandom(16)
        )
    parts = (b64encode(part).decode() for part in (salt, stored_key, server_key))
    return PasswordHashes(password_hash, "$".join((str(iterations), *parts)))


def hash_passwords(passwords: Iterable[str]) -> list[PasswordHashes]:
    """Hash new passwords in parallel, as both libraries release the interpreter lock.

    Raises: as `hash_password`.
    """
    with ThreadPoolExecutor(MAX_CONCURRENT_HASHES) as pool:
        return list(pool.map(hash_password, passwords))


def prepare_password(password: str) -> str:
    """Return a given password after SASLprep, or unchanged if SASLprep prohibits it."""
    try:
        return prepare_query(password)
    except ProhibitedString:
        return password


def is_same_password(expected: str, given: str) -> bool:
    """Return whether two passwords are equal after SASLprep, in constant time."""
    return hmac.compare_digest(prepare_password(expected).encode(), prepare_password(given).encode())


def verify_password(password_hash: str | None, password: str, flow: str = "") -> bool:
    """Return whether a password matches a hash; without one, return False after the same delay.

    An operator may have made the hash without SASLprep, so the password also matches as typed.
    """
    forms = dict.fromkeys((prepare_password(password), password))
    return any(_matches_hash(password_hash, form, flow) for form in forms)


def verify_login(session: Session, key: Key, password: str, flow: str = "") -> bool:
    """Return whether the password is valid for an enabled account.

    The check takes the same time for a missing or disabled account, so that timing does not reveal
    which accounts exist. The session is closed before the password is hashed.

    The Argon2id hash of an old account may be that of the password as typed. Its SCRAM verifier is
    not, so it decides: PLAIN then accepts the same spellings as SCRAM does.
    """
    account = find_account(session, key)
    session.close()
    prepared = prepare_password(password)
    is_valid = _matches_hash(account.password_hash if account else None, prepared, flow)
    is_valid = is_valid or _matches_verifier(account.scram if account else _DUMMY_VERIFIER, prepared, flow)
    return is_valid and account is not None and not account.disabled


def _matches_hash(password_hash: str | None, prepared: str, flow: str) -> bool:
    with _hashing_slots.slot(flow):
        try:
            return _hasher.verify(password_hash or _dummy_hash(), prepared)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _matches_verifier(scram: str, prepared: str, flow: str) -> bool:
    salt, stored_key, _, iterations = parse_scram_verifier(scram)
    try:
        with _hashing_slots.slot(flow):
            _, given, _, _ = _scram.make_auth_info(prepared, iteration_count=iterations, salt=salt)
    except ScramException:  # a character that no new password may contain
        return False
    return hmac.compare_digest(given, stored_key)


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


def check_password(password: str, min_length: int = 1) -> None:
    """Check the length and the characters of a new password.

    Raises: PasswordTooShort, UsageError.
    """
    try:
        prepared = prepare_stored(password)
    except ProhibitedString as error:
        raise UsageError(f"The password {error}; SASLprep (RFC 4013) does not allow it.") from error
    if len(prepared) < min_length:
        raise PasswordTooShort(f"The password must be at least {min_length} characters long.")
    if len(prepared.encode()) > MAX_PASSWORD_BYTES:
        raise UsageError(f"The password must be at most {MAX_PASSWORD_BYTES} bytes long.")
