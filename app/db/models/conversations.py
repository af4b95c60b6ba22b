"""Tables for private conversations, read markers and private metadata."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Instant, Name


class CorrespondentRow(Base):
    """A private conversation as one party sees it: under the name of the partner.

    A party is `a` and an account id or, for a guest, `s` and a session id. A later user of a
    guest's nick is a different party and cannot read the guest's conversations.
    """

    __tablename__ = "correspondent"

    party: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[Name]  # of the partner
    key: Mapped[Name]  # folded name of the partner
    last_at: Mapped[Instant]


class ReadMarkerRow(Base):
    """A party's read marker for a room or a nick (IRCv3 `read-marker`)."""

    __tablename__ = "read_marker"

    party: Mapped[str] = mapped_column(String(32), primary_key=True)
    target: Mapped[Name] = mapped_column(primary_key=True)  # folded name; the target need not exist
    at: Mapped[Instant]  # of the last message read


class PrivateMetadataRow(Base):
    """A value that a party keeps about a room or a nick (METADATA with a private key)."""

    __tablename__ = "private_metadata"

    party: Mapped[str] = mapped_column(String(32), primary_key=True)
    target: Mapped[Name] = mapped_column(primary_key=True)  # folded name; the target need not exist
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
