"""Accounts: who may log in with what, who applies or is invited, who is banned, what they say of themselves."""

from sqlalchemy import Boolean, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import AccountId, Base, Id, Instant, Name, Reference


class AccountRow(Base):
    """A registered name. `password_hash` is Argon2id; `scram` is the SCRAM-SHA-256 verifier.

    `always_on` says whether it stays without a device; None is as the server's setting has it.
    `email` is where the code was sent that verified the account; it is shown to nobody.
    """

    __tablename__ = "account"

    id: Mapped[Id]
    name: Mapped[Name]
    key: Mapped[Name] = mapped_column(unique=True)
    password_hash: Mapped[str] = mapped_column(String(256))
    scram: Mapped[str] = mapped_column(String(256))
    role: Mapped[str] = mapped_column(String(16))
    created: Mapped[Instant]
    last_seen: Mapped[Instant | None]
    disabled: Mapped[bool] = mapped_column(Boolean)
    always_on: Mapped[bool | None] = mapped_column(Boolean)
    email: Mapped[str | None] = mapped_column(String(256))


class ApplicationRow(Base):
    """An account that is to be, once its code is shown; there may be several for one name."""

    __tablename__ = "application"

    id: Mapped[Id]
    name: Mapped[Name]
    key: Mapped[Name] = mapped_column(index=True)
    digest: Mapped[str] = mapped_column(String(64))
    email: Mapped[str] = mapped_column(String(256))
    password_hash: Mapped[str] = mapped_column(String(256))
    scram: Mapped[str] = mapped_column(String(256))
    created: Mapped[Instant]
    expires: Mapped[Instant]


class CertificateRow(Base):
    """A certificate that opens an account, known by its SHA-256 fingerprint."""

    __tablename__ = "certificate"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[Reference] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    added: Mapped[Instant]


class InvitationRow(Base):
    """A code with which accounts may be made, known by its digest; `name` is its first letters."""

    __tablename__ = "invitation"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    uses: Mapped[int]
    used: Mapped[int]
    by: Mapped[Name]
    created: Mapped[Instant]
    expires: Mapped[Instant | None]


class AccountMetadataRow(Base):
    """What somebody says of themselves under a key (IRCv3 metadata), for clients to show."""

    __tablename__ = "account_metadata"

    account_id: Mapped[AccountId]
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class BanRow(Base):
    """A server-wide ban: `type` is `account`, `nick` or `address`; `expires` is None for ever."""

    __tablename__ = "ban"

    id: Mapped[Id]
    type: Mapped[str] = mapped_column(String(16))
    mask: Mapped[str] = mapped_column(String(256))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[Name]
    created: Mapped[Instant]
    expires: Mapped[Instant | None]
