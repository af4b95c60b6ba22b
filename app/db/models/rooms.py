"""Tables for rooms, their roles, lists and metadata."""

from sqlalchemy import Boolean, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import AccountId, Base, Id, Instant, Name, Reference, RoomId


class RoomRow(Base):
    """A room (an IRC channel) and its settings."""

    __tablename__ = "room"

    id: Mapped[Id]
    name: Mapped[Name]
    key: Mapped[Name] = mapped_column(unique=True)  # folded name
    topic: Mapped[str] = mapped_column(Text)
    topic_by: Mapped[str] = mapped_column(String(256))
    topic_at: Mapped[Instant | None]
    modes: Mapped[str] = mapped_column(String(32))  # letters of the modes without a parameter
    password: Mapped[str | None] = mapped_column(String(64))  # channel key (+k)
    user_limit: Mapped[int | None]  # +l
    pause: Mapped[int | None]  # seconds between two messages of a user (slow mode)
    founder_id: Mapped[Reference | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    official: Mapped[bool] = mapped_column(Boolean)  # has no founder and persists when empty
    created: Mapped[Instant]


class RoomRoleRow(Base):
    """A role of an account in a room, kept while the account is absent."""

    __tablename__ = "room_role"

    room_id: Mapped[RoomId]
    account_id: Mapped[AccountId]
    role: Mapped[str] = mapped_column(String(8), primary_key=True)  # `o` or `v`


class RoomMaskRow(Base):
    """An entry of a room's mask lists."""

    __tablename__ = "room_mask"

    room_id: Mapped[RoomId]
    mode: Mapped[str] = mapped_column(String(1), primary_key=True)  # `b`, `e`, `I` or `g`
    mask: Mapped[str] = mapped_column(String(256), primary_key=True)
    by: Mapped[str] = mapped_column(String(256))
    at: Mapped[Instant]


class RoomMetadataRow(Base):
    """A metadata entry of a room (IRCv3 `metadata`)."""

    __tablename__ = "room_metadata"

    room_id: Mapped[RoomId]
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
