"""Values that an event carries to the tables but that its row in the log never contains."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PasswordHashes:
    """The stored form of a password, and the e-mail address of the account."""

    password_hash: str
    scram: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Applicant:
    """The credentials of an application for an account, and the digest of its verification code."""

    credentials: PasswordHashes
    digest: str


@dataclass(frozen=True, slots=True)
class RoomKey:
    """The secret of a MODE event: the new key, and the mode string with hidden arguments shown."""

    key: str | None
    words: str


Secret = PasswordHashes | Applicant | RoomKey | str  # str: the former value of metadata
