"""Tables for retention: policies of rooms, and where the history now begins."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Id, Instant, Name, Reference


class RoomRetentionRow(Base):
    """The retention of a room that differs from the server's default.

    It remains when the room is deleted, because so do the room's messages.
    """

    __tablename__ = "room_retention"

    room_id: Mapped[Id]
    name: Mapped[Name]  # of the room at the last change
    days: Mapped[int | None]  # None: the server's default; 0: forever
    hold: Mapped[str | None] = mapped_column(Text)  # why nothing may be deleted; None: no hold
    at: Mapped[Instant]  # of the last change


class ExpiredHistoryRow(Base):
    """The expired part of the history of a room or private conversation."""

    __tablename__ = "expired_history"

    scope: Mapped[str] = mapped_column(String(64), primary_key=True)  # see `services.retention.scopes`
    position: Mapped[Reference]  # of the last event that was removed
    at: Mapped[Instant]  # of that event
    events: Mapped[Reference]  # number of events removed so far
