"""Delivery of a plan to sinks, after the commit.

A plan lists events and responses in order. Consecutive events for the same audience form a *run*,
which is encoded once per shape and joined once; all recipients of the whole run share the same
bytes. Only clients that issued commands in the batch get individual bytes, because their replies
are interleaved with the events. A run continues when its audience grows: new members receive the
remaining events.
"""

from app.engine.delivery.audience import EMPTY_AUDIENCE, Audience
from app.engine.delivery.client import Client
from app.engine.delivery.encode import encode
from app.engine.delivery.plan import Broadcast, Plan
from app.engine.delivery.response import Response
from app.events import Event


class BroadcastRun:
    """Consecutive events for one audience, which may grow during the run."""

    __slots__ = ("_events", "_joined", "_latest", "_lines", "_private", "_start")

    def __init__(self, audience: Audience) -> None:
        self._start = audience
        self._latest = audience
        self._events: list[Event] = []
        self._joined: dict[Client, int] = {}  # the index of the first event for each new member
        self._private: dict[Client, list[tuple[int, bytes | None]]] = {}
        self._lines: dict[int, list[bytes]] = {}

    def continues_with(self, audience: Audience) -> bool:
        """Extend the run if the audience equals or extends its latest; return whether it does."""
        if audience is self._latest:
            return True
        if audience.base is not self._latest:
            return False
        self._latest = audience
        self._joined |= dict.fromkeys(audience.added, len(self._events))
        return True

    def has(self, client: Client) -> bool:
        """Whether the client is a recipient of this run."""
        return client in self._start.clients or client in self._joined

    def add(self, event: Event, author: Client | None) -> None:
        """Append an event for all recipients except its author."""
        if author is not None and self.has(author):
            self._private.setdefault(author, []).append((len(self._events), None))
        self._events.append(event)

    def insert(self, client: Client, data: bytes) -> None:
        """Append individual bytes for one client."""
        self._private.setdefault(client, []).append((len(self._events), data))

    def deliver(self) -> int:
        """Push the bytes to all recipients; return the number of deliveries, authors included."""
        excluded = {client.sink for client in self._private}
        for client in self._private.keys() - self._joined.keys():
            if data := self._individual_bytes(client, 0):
                client.sink.push(data)
        for client, start in self._joined.items():
            if data := self._individual_bytes(client, start):
                client.sink.push(data)
        later = sum(len(self._events) - start for start in self._joined.values())
        deliveries = len(self._events) * len(self._start.clients) + later
        for shape, receivers in self._start.sink_groups:
            if whole := b"".join(self._encoded(shape)):
                receivers.push(whole, excluded)
        return deliveries

    def _encoded(self, shape: int) -> list[bytes]:
        """Return the encoded events of the run for a shape."""
        if shape not in self._lines:
            self._lines[shape] = [encode(event, shape) for event in self._events]
        return self._lines[shape]

    def _individual_bytes(self, client: Client, start: int) -> bytes:
        """Return a client's bytes from event `start` on: responses, and events by others."""
        lines = self._encoded(client.shape)
        pieces: list[bytes] = []
        for index, own in self._private.get(client, ()):
            pieces.extend(lines[start:index])
            start = index
            if own is None:
                start += 1
            else:
                pieces.append(own)
        pieces.extend(lines[start:])
        return b"".join(pieces)


class Hub:
    """Delivers plans to sinks. Belongs to the engine's thread."""

    def __init__(self) -> None:
        self.deliveries = 0  # events delivered to connections so far

    def deliver(self, plan: Plan) -> None:
        """Push the bytes of a plan into the sinks of its recipients, in the order of the plan."""
        run: BroadcastRun | None = None
        for item in plan:
            if isinstance(item, Broadcast):
                if item.audience is EMPTY_AUDIENCE:
                    continue
                if run is None or not run.continues_with(item.audience):
                    self._close(run)
                    run = BroadcastRun(item.audience)
                run.add(item.event, item.author)
            elif run is not None and not item.end and run.has(item.client):
                run.insert(item.client, item.render())
            else:
                if item.end:
                    self._close(run)
                    run = None
                _send_response(item)
        self._close(run)

    def _close(self, run: BroadcastRun | None) -> None:
        if run is not None:
            self.deliveries += run.deliver()


def _send_response(response: Response) -> None:
    data = response.render()
    if data:
        response.client.sink.push(data)
    if response.end:
        response.client.sink.finish()
