"""What the service keeps for itself: who changed what, its secrets, what it took over."""

from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Instant, Name, Serial


class AuditRow(Base):
    """Who changed what, when. Secrets are never part of it."""

    __tablename__ = "audit"

    id: Mapped[Serial]
    at: Mapped[Instant]
    actor: Mapped[Name]
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(256))
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class ServerSecretRow(Base):
    """Random bytes, in hexadecimal, that the servers on this database share and show to nobody."""

    __tablename__ = "server_secret"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(64))


class ImportMarkRow(Base):
    """A row of an older program's database that was taken over, known by its digest."""

    __tablename__ = "import_mark"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
