"""Data of changes of METADATA keys."""

from dataclasses import dataclass

from app.events.event import EventData


@dataclass(frozen=True, slots=True)
class MetadataChangeData(EventData):
    """A metadata key, and the account or nick that set it.

    `party` is the target if it is a user. `session` is the author's session if the author is not
    the target.
    """

    key: str
    by: str
    party: str | None = None
    session: int | None = None


@dataclass(frozen=True, slots=True)
class PrivateMetadataData(EventData):
    """A private metadata key, and the party that keeps it."""

    party: str
    key: str
