"""Sinks: the output side of connections, as the engine sees it."""

from collections.abc import Sequence, Set
from typing import Any, Protocol

EVICTED = "SendQ exceeded"  # why a client with too many unsent bytes is disconnected


class SinkGroup(Protocol):
    """A set of sinks that repeatedly get the same bytes."""

    def push(self, data: bytes, excluded: Set[Any]) -> None:
        """Queue bytes for all sinks except the excluded ones."""


class Broadcaster(Protocol):
    """Sends the same bytes to many sinks in one operation."""

    def group(self, sinks: Sequence[Any]) -> SinkGroup:
        """Combine sinks of this broadcaster into a group."""


class FlushScheduler(Protocol):
    """Schedules the sending of bytes pushed into sinks."""

    def wake(self) -> None:
        """Start sending the pushed bytes; block while too many are unsent."""


class Sink(Protocol):
    """The output of one client. Its methods never block."""

    @property
    def broadcaster(self) -> Broadcaster | None:
        """The broadcaster of this sink; None if bytes must be pushed to each sink."""

    def push(self, data: bytes) -> None:
        """Queue bytes."""

    def finish(self) -> None:
        """Close the connection once all queued bytes are sent."""


class IndividualSinks:
    """A group that pushes to each sink in turn."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self.sinks = sinks

    def push(self, data: bytes, excluded: Set[Any]) -> None:
        """Queue bytes for all sinks except the excluded ones."""
        for sink in self.sinks:
            if sink not in excluded:
                sink.push(data)


class NullSink:
    """A sink that discards everything, for units that the server itself submits."""

    broadcaster = None

    def push(self, data: bytes) -> None:
        """Discard the bytes."""

    def finish(self) -> None:
        """Do nothing: there is no connection."""
