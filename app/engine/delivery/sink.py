"""Where bytes for clients go: all that the engine knows of connections."""

from collections.abc import Sequence, Set
from typing import Any, Protocol


class Receivers(Protocol):
    """Sinks that are given the same bytes, time and again."""

    def push(self, data: bytes, apart: Set[Any]) -> None:
        """Queue bytes for each of them but those apart."""


class Carrier(Protocol):
    """Who can carry bytes to many sinks in one go."""

    def gather(self, sinks: Sequence[Any]) -> Receivers:
        """Return sinks of this carrier as one."""


class Sink(Protocol):
    """Where the bytes for one client go; never blocks."""

    @property
    def carrier(self) -> Carrier | None:
        """Who can carry the same bytes to this sink and others; nobody if each has to be given its own."""

    def push(self, data: bytes) -> None:
        """Queue bytes behind those already queued."""

    def finish(self) -> None:
        """End the connection once everything queued is sent."""


class Each:
    """Sinks that are given the bytes one by one."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self.sinks = sinks

    def push(self, data: bytes, apart: Set[Any]) -> None:
        """Queue bytes for each of them but those apart."""
        for sink in self.sinks:
            if sink not in apart:
                sink.push(data)


class Nowhere:
    """The sink of nobody: for what the server itself hands to the engine."""

    carrier = None

    def push(self, data: bytes) -> None:
        """Let the bytes go."""

    def finish(self) -> None:
        """There is no connection to end."""
