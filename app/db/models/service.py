"""Tables for the server's own records: audit log, secrets and imported rows."""

from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Id, Instant, Name, Reference, Serial

UNFINISHED_EXPIRY = "retention.unfinished"  # action of a pass that has not ended


class AuditRow(Base):
    """An entry of the audit log. It never contains secrets."""

    __tablename__ = "audit"

    id: Mapped[Serial]
    at: Mapped[Instant]
    actor: Mapped[Name]
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(256))
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class ServerSecretRow(Base):
    """A secret shared by the servers on this database."""

    __tablename__ = "server_secret"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(64))  # random bytes, in hexadecimal


class ImportMarkRow(Base):
    """A row of a legacy database that has been imported."""

    __tablename__ = "import_mark"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the row


class BackupRow(Base):
    """A backup of this database that was created and not deleted by `chat-admin`."""

    __tablename__ = "backup"

    id: Mapped[Serial]
    path: Mapped[str] = mapped_column(Text)  # absolute
    created: Mapped[Instant]
    position: Mapped[Reference]  # of the last event in it
    digest: Mapped[str | None] = mapped_column(String(64))  # of the log up to that event
    sha256: Mapped[str] = mapped_column(String(64))  # of the file
    bytes: Mapped[Reference]
    verified: Mapped[Instant | None]  # when it was last found to be undamaged


class ReplayStartRow(Base):
    """The log position from which on the tables equal a replay of the log.

    There is a row only if earlier versions, whose projections differed, wrote to the database.
    """

    __tablename__ = "replay_start"

    position: Mapped[Id]
