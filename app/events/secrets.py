"""Secret values of events, which reach the tables but are never written to the log."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PasswordHashes:
    """The password hashes stored for an account, and its e-mail address."""

    password_hash: str
    scram: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Applicant:
    """The credentials of a pending registration, and the digest of its verification code."""

    credentials: PasswordHashes
    digest: str


@dataclass(frozen=True, slots=True)
class RoomKey:
    """The new key of a room, and the mode string with the key in clear."""

    key: str | None
    words: str


Secret = PasswordHashes | Applicant | RoomKey | str  # str: the previous metadata value
