"""The effects of an input: lines to send and events to show."""

from collections.abc import Iterator

from app.client.protocol.events import ClientEvent


class Send(str):
    """A line to send, without its CR LF."""

    __slots__ = ()


Effect = Send | ClientEvent
Effects = Iterator[Effect]
