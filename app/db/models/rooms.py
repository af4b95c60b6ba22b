"""Rooms: what holds there, who has a say, and what is said of them."""

from sqlalchemy import Boolean, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import AccountId, Base, Id, Instant, Name, Reference, RoomId


class RoomRow(Base):
    """A channel. `official` rooms were made by the server or an administrator and belong to nobody.

    `pause` is how many seconds lie between two messages of one person.
    """

    __tablename__ = "room"

    id: Mapped[Id]
    name: Mapped[Name]
    key: Mapped[Name] = mapped_column(unique=True)
    topic: Mapped[str] = mapped_column(Text)
    topic_by: Mapped[str] = mapped_column(String(256))
    topic_at: Mapped[Instant | None]
    modes: Mapped[str] = mapped_column(String(32))
    password: Mapped[str | None] = mapped_column(String(64))
    user_limit: Mapped[int | None]
    pause: Mapped[int | None]
    founder_id: Mapped[Reference | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    official: Mapped[bool] = mapped_column(Boolean)
    created: Mapped[Instant]


class RoomRoleRow(Base):
    """What an account is in a room: `o` or `v`, kept while the account is elsewhere."""

    __tablename__ = "room_role"

    room_id: Mapped[RoomId]
    account_id: Mapped[AccountId]
    role: Mapped[str] = mapped_column(String(8), primary_key=True)


class RoomMaskRow(Base):
    """An entry of a room's lists; `mode` is the letter of the list (`b` for bans)."""

    __tablename__ = "room_mask"

    room_id: Mapped[RoomId]
    mode: Mapped[str] = mapped_column(String(1), primary_key=True)
    mask: Mapped[str] = mapped_column(String(256), primary_key=True)
    by: Mapped[str] = mapped_column(String(256))
    at: Mapped[Instant]


class RoomMetadataRow(Base):
    """What is said of a room under a key."""

    __tablename__ = "room_metadata"

    room_id: Mapped[RoomId]
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
