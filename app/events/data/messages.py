"""Data of messages, and of the events that redact and mark them."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.events.event import EventData


@dataclass(frozen=True, slots=True)
class MessageData(EventData):
    """The attributes of a message besides its text.

    `lines` holds the line lengths of a multiline message (see `app.wire.multiline`), `parties`
    the sender and recipient of a private message, `author` the original author of an imported
    one, and `redacted` the id of the redaction that removed its text.
    """

    lines: Sequence[int] | None = None
    parties: Sequence[str] | None = None
    author: str | None = None
    redacted: int | None = None


@dataclass(frozen=True, slots=True)
class RedactedData(EventData):
    """The id of the redacted message, and its parties if it was private."""

    event: int
    parties: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class MarkedData(EventData):
    """A read marker: its owner, and its instant in milliseconds since the Unix epoch."""

    party: str
    instant: int
