"""Tables for sessions and their presence in rooms."""

from sqlalchemy import Boolean, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Id, Instant, Name, Reference, RoomId


class SessionRow(Base):
    """A session of a user: a connection, or an always-on presence. Ended sessions are kept."""

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
    disconnected: Mapped[Instant | None]  # None: the session is online
    detached: Mapped[Instant | None]  # when the last device left; None: a device is connected
    away: Mapped[str | None] = mapped_column(Text)  # away message
    modes: Mapped[str] = mapped_column(String(8), server_default="i")  # letters of the user modes
    operator: Mapped[bool | None] = mapped_column(Boolean)  # by OPER or MODE -o; None: by account
    operator_name: Mapped[Name | None]  # the name used with OPER


class SessionNodeRow(Base):
    """A server on which a session has devices. A session without one is detached."""

    __tablename__ = "session_node"

    session_id: Mapped[Id]
    node: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[Instant]
    secure: Mapped[bool] = mapped_column(Boolean, server_default=false())  # all of its devices use TLS
    certificates: Mapped[str] = mapped_column(Text, server_default="")  # their fingerprints


class SessionMetadataRow(Base):
    """A metadata entry of a guest (IRCv3 `metadata`), which ends with the session."""

    __tablename__ = "session_metadata"

    session_id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class MembershipRow(Base):
    """A session's membership in a room, from which the world is restored on restart."""

    __tablename__ = "membership"

    session_id: Mapped[Id]
    room_id: Mapped[RoomId]
    roles: Mapped[str] = mapped_column(String(8))  # mode letters: `o`, `v`


class RoomInvitationRow(Base):
    """An unused invitation of a session to a room (INVITE)."""

    __tablename__ = "room_invitation"

    session_id: Mapped[Id]
    room_id: Mapped[RoomId]


class RoomVisitRow(Base):
    """A party's uninterrupted stay in a room, which for an account spans sessions."""

    __tablename__ = "room_stay"

    party: Mapped[str] = mapped_column(String(32), primary_key=True)  # as in `CorrespondentRow`
    room_id: Mapped[RoomId]
    since: Mapped[Reference]  # id of the event that began the visit
    at: Mapped[Instant]  # time of that event


class LastVisitRow(Base):
    """The end of a visitor's last visit to a room, after which messages count as missed."""

    __tablename__ = "last_visit"

    visitor: Mapped[str] = mapped_column(String(260), primary_key=True)  # see `services.history.last_visits`
    room_id: Mapped[RoomId]
    until: Mapped[Reference]  # id of the event that ended the visit
    session_id: Mapped[Reference | None]  # whose visit it was; None if that is not known any more
