"""Where bytes for clients go: all that the engine knows of connections."""

from collections.abc import Sequence, Set
from typing import Any, Protocol


class SinkGroup(Protocol):
    """Sinks that are given the same bytes, time and again."""

    def push(self, data: bytes, excluded: Set[Any]) -> None:
        """Queue bytes for each of them but those apart."""


class Broadcaster(Protocol):
    """Who can carry bytes to many sinks in one go."""

    def group(self, sinks: Sequence[Any]) -> SinkGroup:
        """Return sinks of this carrier as one."""


class FlushScheduler(Protocol):
    """Sends the bytes that were pushed into sinks."""

    def wake(self) -> None:
        """Start sending what was pushed; block while too much of it is still unsent."""


class Sink(Protocol):
    """Where the bytes for one client go; never blocks."""

    @property
    def broadcaster(self) -> Broadcaster | None:
        """Who can carry the same bytes to this sink and others; nobody if each has to be given its own."""

    def push(self, data: bytes) -> None:
        """Queue bytes behind those already queued."""

    def finish(self) -> None:
        """End the connection once everything queued is sent."""


class IndividualSinks:
    """Sinks that are given the bytes one by one."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self.sinks = sinks

    def push(self, data: bytes, excluded: Set[Any]) -> None:
        """Queue bytes for each of them but those apart."""
        for sink in self.sinks:
            if sink not in excluded:
                sink.push(data)


class NullSink:
    """The sink of nobody: for what the server itself hands to the engine."""

    broadcaster = None

    def push(self, data: bytes) -> None:
        """Let the bytes go."""

    def finish(self) -> None:
        """There is no connection to end."""
