"""People: who is connected, and who is where since when."""

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Id, Instant, Name, Reference, RoomId


class SessionRow(Base):
    """Who is and was connected. `disconnected` is None while it lasts, `detached` while a device is connected."""

    __tablename__ = "session"
    __table_args__ = (
        Index("ix_session_disconnected", "disconnected"),
        Index("ix_session_account", "account"),
    )

    id: Mapped[Id]
    nick: Mapped[Name]
    user: Mapped[Name]
    host: Mapped[Name]
    address: Mapped[Name]
    realname: Mapped[str] = mapped_column(String(256))
    account: Mapped[Name | None]
    node: Mapped[Name]
    connected: Mapped[Instant]
    disconnected: Mapped[Instant | None]
    detached: Mapped[Instant | None]
    away: Mapped[str | None] = mapped_column(Text)


class MembershipRow(Base):
    """A session that is in a room, with its roles there: what a crash leaves of who was where.

    It ends with the session. Since when somebody is there, also between two connections, says `RoomVisitRow`.
    """

    __tablename__ = "membership"

    session_id: Mapped[Id]
    room_id: Mapped[RoomId]
    roles: Mapped[str] = mapped_column(String(8))


class RoomVisitRow(Base):
    """Since when a party is in a room without having left it: the event's place in the log, and its instant.

    Parties are those of `Correspondent`; an account's stay outlasts its connections, a session's does not.
    """

    __tablename__ = "room_stay"

    party: Mapped[str] = mapped_column(String(32), primary_key=True)
    room_id: Mapped[RoomId]
    since: Mapped[Reference]
    at: Mapped[Instant]
