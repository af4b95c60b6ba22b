"""The tables, as SQLAlchemy models.

`Event` is the log and the only truth; every other table is what the events add up to, kept so that questions
about the present need not read the past. Instants are integers: milliseconds since the epoch, UTC.
"""

from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, Index, Integer, MetaData, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_big = BigInteger().with_variant(Integer, "sqlite")

Id = Annotated[int, mapped_column(_big, primary_key=True, autoincrement=False)]
Serial = Annotated[int, mapped_column(_big, primary_key=True, autoincrement=True)]
Reference = Annotated[int, mapped_column(_big)]
Instant = Annotated[int, mapped_column(_big)]
Name = Annotated[str, mapped_column(String(128))]
RoomId = Annotated[int, mapped_column(_big, ForeignKey("room.id", ondelete="CASCADE"), primary_key=True)]
AccountId = Annotated[
    int, mapped_column(_big, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
]

# What was said. A query that says it in the same words finds the indexes that hold nothing else.
SPOKEN = text("kind IN ('privmsg', 'notice')")


def _index(name: str, column: str, order: str, condition: Any = None) -> Index:
    """Return an index of the rows that a condition holds for, by default those that have the column."""
    chosen = text(f"{column} IS NOT NULL") if condition is None else condition
    return Index(name, column, order, sqlite_where=chosen, postgresql_where=chosen)


class Base(DeclarativeBase):
    """What all models share: a naming convention, so that migrations can name every constraint."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


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


class Account(Base):
    """A registered name. `password_hash` is Argon2id; `scram` is the SCRAM-SHA-256 verifier.

    `always_on` says whether it stays without a device; None is as the server's setting has it.
    `email` is where the code was sent that verified the account; it is shown to nobody.
    """

    __tablename__ = "account"

    id: Mapped[Id]
    name: Mapped[Name]
    key: Mapped[Name] = mapped_column(unique=True)
    password_hash: Mapped[str] = mapped_column(String(256))
    scram: Mapped[str] = mapped_column(String(256))
    role: Mapped[str] = mapped_column(String(16))
    created: Mapped[Instant]
    last_seen: Mapped[Instant | None]
    disabled: Mapped[bool] = mapped_column(Boolean)
    always_on: Mapped[bool | None] = mapped_column(Boolean)
    email: Mapped[str | None] = mapped_column(String(256))


class Application(Base):
    """An account that is to be, once its code is shown; there may be several for one name."""

    __tablename__ = "application"

    id: Mapped[Id]
    name: Mapped[Name]
    key: Mapped[Name] = mapped_column(index=True)
    digest: Mapped[str] = mapped_column(String(64))
    email: Mapped[str] = mapped_column(String(256))
    password_hash: Mapped[str] = mapped_column(String(256))
    scram: Mapped[str] = mapped_column(String(256))
    created: Mapped[Instant]
    expires: Mapped[Instant]


class Certificate(Base):
    """A certificate that opens an account, known by its SHA-256 fingerprint."""

    __tablename__ = "certificate"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[Reference] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    added: Mapped[Instant]


class Invitation(Base):
    """A code with which accounts may be made, known by its digest; `name` is its first letters."""

    __tablename__ = "invitation"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    uses: Mapped[int]
    used: Mapped[int]
    by: Mapped[Name]
    created: Mapped[Instant]
    expires: Mapped[Instant | None]


class Room(Base):
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


class RoomRole(Base):
    """What an account is in a room: `o` or `v`, kept while the account is elsewhere."""

    __tablename__ = "room_role"

    room_id: Mapped[RoomId]
    account_id: Mapped[AccountId]
    role: Mapped[str] = mapped_column(String(8), primary_key=True)


class RoomMask(Base):
    """An entry of a room's lists; `mode` is the letter of the list (`b` for bans)."""

    __tablename__ = "room_mask"

    room_id: Mapped[RoomId]
    mode: Mapped[str] = mapped_column(String(1), primary_key=True)
    mask: Mapped[str] = mapped_column(String(256), primary_key=True)
    by: Mapped[str] = mapped_column(String(256))
    at: Mapped[Instant]


class RoomStay(Base):
    """Since when a party is in a room without having left it: the event's place in the log, and its instant.

    Parties are those of `Correspondent`; an account's stay outlasts its connections, a session's does not.
    """

    __tablename__ = "room_stay"

    party: Mapped[str] = mapped_column(String(32), primary_key=True)
    room_id: Mapped[RoomId]
    since: Mapped[Reference]
    at: Mapped[Instant]


class Ban(Base):
    """A server-wide ban: `type` is `account`, `nick` or `address`; `expires` is None for ever."""

    __tablename__ = "ban"

    id: Mapped[Id]
    type: Mapped[str] = mapped_column(String(16))
    mask: Mapped[str] = mapped_column(String(256))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[Name]
    created: Mapped[Instant]
    expires: Mapped[Instant | None]


class Session(Base):
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


class Membership(Base):
    """A session that is in a room, with its roles there: what a crash leaves of who was where."""

    __tablename__ = "membership"

    session_id: Mapped[Id]
    room_id: Mapped[RoomId]
    roles: Mapped[str] = mapped_column(String(8))


class Correspondent(Base):
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


class ReadMarker(Base):
    """How far a party has read in a room, or what a nick wrote: up to and with this instant.

    `target` is the folded name, whether there is such a room or not. A guest's markers end with the session.
    """

    __tablename__ = "read_marker"

    party: Mapped[str] = mapped_column(String(32), primary_key=True)
    target: Mapped[Name] = mapped_column(primary_key=True)
    at: Mapped[Instant]


class AccountMetadata(Base):
    """What somebody says of themselves under a key (IRCv3 metadata), for clients to show."""

    __tablename__ = "account_metadata"

    account_id: Mapped[AccountId]
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class RoomMetadata(Base):
    """What is said of a room under a key."""

    __tablename__ = "room_metadata"

    room_id: Mapped[RoomId]
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Audit(Base):
    """Who changed what, when. Secrets are never part of it."""

    __tablename__ = "audit"

    id: Mapped[Serial]
    at: Mapped[Instant]
    actor: Mapped[Name]
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(256))
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class ServerSecret(Base):
    """Random bytes, in hexadecimal, that the servers on this database share and show to nobody."""

    __tablename__ = "server_secret"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(64))


class ImportMark(Base):
    """A row of an older program's database that was taken over, known by its digest."""

    __tablename__ = "import_mark"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
