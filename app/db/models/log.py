"""The log: every event, in one global order."""

from typing import Any

from sqlalchemy import JSON, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Id, Instant, Name, Reference

# Conditions of the partial indexes: messages, and other events in rooms. The planner uses a partial
# index only for queries that repeat its condition verbatim.
SPOKEN = text("kind IN ('privmsg', 'notice')")
HAPPENED = text("kind NOT IN ('privmsg', 'notice') AND room_id IS NOT NULL")


def _index(name: str, column: str, condition: Any) -> Index:
    """Return a partial index ordered by time, which within a room or conversation is log order."""
    return Index(name, column, "at", sqlite_where=condition, postgresql_where=condition)


class EventRow(Base):
    """An event of the log."""

    __tablename__ = "event"
    __table_args__ = (
        _index("ix_event_spoken", "room_id", SPOKEN),
        _index("ix_event_happened", "room_id", HAPPENED),
        _index("ix_event_conversation", "conversation", text("conversation IS NOT NULL")),
    )

    id: Mapped[Id]  # global order: contiguous, never reused, assigned under the log's lock
    kind: Mapped[str] = mapped_column(String(24))  # value of `app.events.Kind`
    at: Mapped[Instant]
    room_id: Mapped[Reference | None]
    conversation: Mapped[str | None] = mapped_column(String(64))  # both parties, or `o` and a room id
    session_id: Mapped[Reference | None]
    nick: Mapped[Name]
    user: Mapped[Name]
    host: Mapped[Name]
    account: Mapped[Name | None]
    target: Mapped[str | None] = mapped_column(String(256))
    text: Mapped[str | None] = mapped_column(Text)
    # Fields specific to the kind of event (`app.events.data`).
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
