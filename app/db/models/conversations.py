"""Conversations: who talks with whom in private, and how far everybody has read."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Instant, Name


class CorrespondentRow(Base):
    """One side of a private conversation, so that somebody's partners are found without reading the log.

    A party is `a` and an account's id, or `s` and a guest's session: what a guest wrote and got is no
    business of whoever holds the nick later.
    """

    __tablename__ = "correspondent"

    party: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[Name]
    key: Mapped[Name]
    last_at: Mapped[Instant]


class ReadMarkerRow(Base):
    """How far a party has read in a room, or what a nick wrote: up to and with this instant.

    `target` is the folded name, whether there is such a room or not. A guest's markers end with the session.
    """

    __tablename__ = "read_marker"

    party: Mapped[str] = mapped_column(String(32), primary_key=True)
    target: Mapped[Name] = mapped_column(primary_key=True)
    at: Mapped[Instant]
