"""What follows from an input: lines to send, and events to show."""

from collections.abc import Iterator

from app.client.protocol.events import ClientEvent


class Send(str):
    """A line to send, without its line end."""

    __slots__ = ()


Effect = Send | ClientEvent
Effects = Iterator[Effect]
