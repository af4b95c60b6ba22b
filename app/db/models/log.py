"""The log: every event, in the order that holds for all."""

from typing import Any

from sqlalchemy import JSON, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Id, Instant, Name, Reference

# What was said, and what else happened in rooms. A query that says it in the same words finds the index that holds
# nothing else.
SPOKEN = text("kind IN ('privmsg', 'notice')")
HAPPENED = text("kind NOT IN ('privmsg', 'notice') AND room_id IS NOT NULL")


def _index(name: str, column: str, condition: Any) -> Index:
    """Return an index of the rows that a condition holds for, in the order of time.

    There is none in the order of the log: in one place, that is the same.
    """
    return Index(name, column, "at", sqlite_where=condition, postgresql_where=condition)


class EventRow(Base):
    """One row of the log. `id` is the global order: contiguous, never reused, assigned under a lock."""

    __tablename__ = "event"
    __table_args__ = (
        _index("ix_event_spoken", "room_id", SPOKEN),
        _index("ix_event_happened", "room_id", HAPPENED),
        _index("ix_event_conversation", "conversation", text("conversation IS NOT NULL")),
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
