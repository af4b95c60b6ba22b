"""The log: every event, in the order that holds for all."""

from typing import Any

from sqlalchemy import JSON, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Id, Instant, Name, Reference

# What was said. A query that says it in the same words finds the indexes that hold nothing else.
SPOKEN = text("kind IN ('privmsg', 'notice')")


def _index(name: str, column: str, order: str, condition: Any = None) -> Index:
    """Return an index of the rows that a condition holds for, by default those that have the column."""
    chosen = text(f"{column} IS NOT NULL") if condition is None else condition
    return Index(name, column, order, sqlite_where=chosen, postgresql_where=chosen)


class Event(Base):
    """One row of the log. `id` is the global order: contiguous, never reused, assigned under a lock."""

    __tablename__ = "event"
    __table_args__ = (
        _index("ix_event_room_id_id", "room_id", "id"),
        _index("ix_event_room_id_at", "room_id", "at"),
        _index("ix_event_spoken_id", "room_id", "id", SPOKEN),
        _index("ix_event_spoken_at", "room_id", "at", SPOKEN),
        _index("ix_event_conversation_id", "conversation", "id"),
        _index("ix_event_conversation_at", "conversation", "at"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(24))
    at: Mapped[Instant]
    room_id: Mapped[Reference | None]
    conversation: Mapped[str | None] = mapped_column(String(64))
    session_id: Mapped[Reference | None]
    nick: Mapped[Name]
    user: Mapped[Name]
    host: Mapped[Name]
    account: Mapped[Name | None]
    target: Mapped[str | None] = mapped_column(String(256))
    text: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
