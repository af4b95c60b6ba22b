"""Tables for erased and renamed accounts: pending erasures, reserved and former names."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Id, Instant, Name, Reference


class NameReservationRow(Base):
    """A name that nobody may use, as a digest (`services.accounts.name_reservations`)."""

    __tablename__ = "name_reservation"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[Instant | None]  # None: for good


class FormerNameRow(Base):
    """A name that an account had before it was renamed; rows of the log keep it."""

    __tablename__ = "former_name"

    account_id: Mapped[Reference] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    until: Mapped[Id]  # id of the event that renamed the account
    name: Mapped[Name]
    key: Mapped[Name] = mapped_column(index=True)  # folded name


class ErasureRow(Base):
    """The erasure of an account or a room that is not complete yet. It is deleted at its end."""

    __tablename__ = "erasure"

    id: Mapped[Id]  # of the event that deleted it
    kind: Mapped[str] = mapped_column(String(8))  # `user` or `room`
    subject: Mapped[Reference]  # account id or room id
    names: Mapped[list[list[Any]]] = mapped_column(JSON)  # the account's names: [name, last event id]
    messages: Mapped[str] = mapped_column(String(16))  # `keep`, `anonymise` or `erase`
    pseudonym: Mapped[Name]  # the target in the audit log; replaces the name of the account
    actor: Mapped[Name]
    phase: Mapped[str] = mapped_column(String(16))
    position: Mapped[Reference]  # last row of the log that the phase has processed
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)  # rows by table and treatment
    first_id: Mapped[Reference | None]  # first row of the log that was erased or anonymised so far


class ErasureSessionRow(Base):
    """A session whose user was logged in to an account that is being erased."""

    __tablename__ = "erasure_session"

    erasure_id: Mapped[Id] = mapped_column(ForeignKey("erasure.id", ondelete="CASCADE"))
    session_id: Mapped[Id]
