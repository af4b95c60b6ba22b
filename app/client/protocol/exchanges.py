"""Exchanges with the server that are in progress: batches, searches, nicks and logins."""

from dataclasses import dataclass, field
from typing import Protocol

from app.wire.line import Line


@dataclass(slots=True)
class OpenBatch:
    """A batch that has been opened but not yet closed."""

    kind: str
    params: list[str]
    opening: Line
    lines: list[Line] = field(default_factory=list)
    characters: int = 0  # in the parameters and tags of the lines


@dataclass(frozen=True, slots=True)
class PendingSearch:
    """A search that awaits its reply: the query as typed, and the attributes sent to the server."""

    query: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class NickRefusal:
    """A nick that the server refused, with the text and numeric of the error reply."""

    nick: str
    reason: str
    numeric: str


class SaslSession(Protocol):
    """The client side of a SASL exchange."""

    mechanism: str
    has_verified_server: bool

    def answer(self, challenge: bytes) -> bytes:
        """Return the response to a challenge.

        Raises: ValueError when the server fails to authenticate itself.
        """
