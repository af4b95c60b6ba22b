"""The log: every event, in one global order."""

from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Id, Instant, Name, Reference

# Conditions of the partial indexes, which the migrations create: messages, and other events in
# rooms. The planner uses a partial index only for queries that repeat its condition verbatim. The
# models omit the conditions, because SQLAlchemy would import both dialects to validate them.
SPOKEN = text("kind IN ('privmsg', 'notice')")
HAPPENED = text("kind NOT IN ('privmsg', 'notice') AND room_id IS NOT NULL")


class EventRow(Base):
    """An event of the log."""

    __tablename__ = "event"
    __table_args__ = (
        # Ordered by time, which within a room or conversation is log order.
        Index("ix_event_spoken", "room_id", "at"),
        Index("ix_event_happened", "room_id", "at"),
        Index("ix_event_conversation", "conversation", "at"),
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
    # Random, for the commitments of the hash chain (`app.db.chain`); NULL once that part is erased,
    # or while the chain does not reach the event.
    people_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    content_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    # In the first row of each batch: a random token, to find out whether its commit took place.
    batch: Mapped[str | None] = mapped_column(String(12))
