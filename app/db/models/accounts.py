"""Tables for accounts, their credentials and metadata, registration, and server-wide bans."""

from sqlalchemy import Boolean, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import AccountId, Base, Id, Instant, Name, Reference


class AccountRow(Base):
    """A registered user account."""

    __tablename__ = "account"

    id: Mapped[Id]
    name: Mapped[Name]
    key: Mapped[Name] = mapped_column(unique=True)  # folded name
    password_hash: Mapped[str] = mapped_column(String(256))  # Argon2id
    scram: Mapped[str] = mapped_column(String(256))  # SCRAM-SHA-256 verifier
    role: Mapped[str] = mapped_column(String(16))  # `user` or `admin`
    created: Mapped[Instant]
    last_seen: Mapped[Instant | None]
    disabled: Mapped[bool] = mapped_column(Boolean)
    always_on: Mapped[bool | None] = mapped_column(Boolean)  # None: the server's default applies
    email: Mapped[str | None] = mapped_column(String(256))  # verified address; private


class ApplicationRow(Base):
    """A registration awaiting verification by e-mail. Several may exist for a name."""

    __tablename__ = "application"

    id: Mapped[Id]
    name: Mapped[Name]
    key: Mapped[Name] = mapped_column(index=True)  # folded name
    digest: Mapped[str] = mapped_column(String(64))  # of the verification code
    email: Mapped[str] = mapped_column(String(256))
    password_hash: Mapped[str] = mapped_column(String(256))
    scram: Mapped[str] = mapped_column(String(256))
    created: Mapped[Instant]
    expires: Mapped[Instant]


class CertificateRow(Base):
    """A TLS client certificate for logging in to an account."""

    __tablename__ = "certificate"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256, in hexadecimal
    account_id: Mapped[Reference] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    added: Mapped[Instant]


class InvitationRow(Base):
    """An invitation code that permits registration."""

    __tablename__ = "invitation"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(16))  # first characters of the code
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # of the code
    uses: Mapped[int]  # permitted registrations
    used: Mapped[int]  # registrations so far
    by: Mapped[Name]
    created: Mapped[Instant]
    expires: Mapped[Instant | None]  # None: never


class AccountMetadataRow(Base):
    """A metadata entry of an account (IRCv3 `metadata`)."""

    __tablename__ = "account_metadata"

    account_id: Mapped[AccountId]
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class BanRow(Base):
    """A server-wide ban."""

    __tablename__ = "ban"

    id: Mapped[Id]
    type: Mapped[str] = mapped_column(String(16))  # `account`, `nick` or `address`
    mask: Mapped[str] = mapped_column(String(256))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[Name]
    created: Mapped[Instant]
    expires: Mapped[Instant | None]
