"""The hash chain over the log, and what remains of events that were erased or removed.

`app.db.chain` explains the chain. The two salts of an event are columns of the log itself.
"""

from sqlalchemy import Boolean, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.columns import Base, Id


class HashChainRow(Base):
    """A link of the hash chain: a batch of events, which begins after the previous link."""

    __tablename__ = "hash_chain"

    last_id: Mapped[Id]  # of the last event in the batch
    digest: Mapped[bytes] = mapped_column(LargeBinary)  # of the log up to `last_id`
    # Digest over the row digests of the batch, kept once all its events were removed.
    rows_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    # True in links made for older events while others followed that were not in the chain yet.
    is_partial: Mapped[bool | None] = mapped_column(Boolean)


class EventCommitmentRow(Base):
    """The commitments to erased parts of an event, whose salts and values no longer exist."""

    __tablename__ = "event_commitment"

    event_id: Mapped[Id]
    people: Mapped[bytes | None] = mapped_column(LargeBinary)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)


class EventTombstoneRow(Base):
    """The row digest of an event that was removed from a batch of which others remain."""

    __tablename__ = "event_tombstone"

    event_id: Mapped[Id]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
