"""Data of events of accounts: registration, changes, certificates and invitations."""

from dataclasses import dataclass

from app.events.event import EventData


@dataclass(frozen=True, slots=True)
class RegisteredData(EventData):
    """A new account's id and role, and the id of the invitation used."""

    id: int
    role: str
    invitation: int | None = None


@dataclass(frozen=True, slots=True)
class AppliedData(EventData):
    """The id of a pending registration, and the instant at which it expires."""

    id: int
    expires: int


@dataclass(frozen=True, slots=True)
class AccountChangedData(EventData):
    """An account id and the changed properties; `password` is True if the password changed."""

    id: int
    role: str | None = None
    disabled: bool | None = None
    always_on: bool | None = None
    password: bool = False


@dataclass(frozen=True, slots=True)
class AccountDeletedData(EventData):
    """The id of a deleted account, and what becomes of its messages (`services.erasure`).

    `actor` is that of the audit log. `reserved` is the digest of the name, which is reserved until
    the instant `until`, or for good (`services.accounts.name_reservations`).
    """

    id: int
    messages: str
    actor: str
    reserved: str | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class AccountRenamedData(EventData):
    """The id of a renamed account; the old name is reserved as in `AccountDeletedData`."""

    id: int
    reserved: str | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class CertificateData(EventData):
    """An account id and a certificate's SHA-256 fingerprint."""

    id: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class InvitationData(EventData):
    """An invitation: the digest of its code, its maximum number of uses, and its expiry."""

    id: int
    digest: str
    uses: int
    expires: int | None
