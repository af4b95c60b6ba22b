"""From a batch's plan to bytes in outboxes, after the commit.

A plan is a list in the order of decisions. Events that follow each other for the same audience form a *run*:
it is encoded once for each shape and joined once, and all who hear the whole run get a reference to the same
bytes. Only the few clients that take part in the batch themselves get their stream pieced together, because
their own replies have their place between the events. A run goes on when people enter its room: they hear the
rest of it.
"""

from app.engine.delivery.audience import NOBODY, Audience
from app.engine.delivery.client import Client
from app.engine.delivery.encode import encode
from app.engine.delivery.plan import Broadcast, Plan
from app.engine.delivery.response import Response
from app.events import Event


class BroadcastRun:
    """Events that follow each other for one audience, to which others may join on the way."""

    __slots__ = ("_events", "_joined", "_latest", "_lines", "_private", "_start")

    def __init__(self, audience: Audience) -> None:
        self._start = audience
        self._latest = audience
        self._events: list[Event] = []
        self._joined: dict[Client, int] = {}  # who hears the run from which place on
        self._private: dict[Client, list[tuple[int, bytes | None]]] = {}
        self._lines: dict[int, list[bytes]] = {}

    def goes_on(self, audience: Audience) -> bool:
        """Whether an event for this audience continues the run: it is the same, or has grown from it."""
        if audience is self._latest:
            return True
        if audience.base is not self._latest:
            return False
        self._latest = audience
        self._joined |= dict.fromkeys(audience.added, len(self._events))
        return True

    def has(self, client: Client) -> bool:
        """Whether the client hears this run."""
        return client in self._start.clients or client in self._joined

    def add(self, event: Event, author: Client | None) -> None:
        """Continue the run; the author does not hear this event."""
        if author is not None and self.has(author):
            self._private.setdefault(author, []).append((len(self._events), None))
        self._events.append(event)

    def insert(self, client: Client, data: bytes) -> None:
        """Let one client hear something of its own between the events so far and those to come."""
        self._private.setdefault(client, []).append((len(self._events), data))

    def deliver(self) -> int:
        """Hand everybody their bytes; return how many deliveries that makes, an author's own counted in."""
        excluded = {client.sink for client in self._private}
        for shape, receivers in self._start.sink_groups:
            if whole := b"".join(self._encoded(shape)):
                receivers.push(whole, excluded)
        for client in self._private.keys() - self._joined.keys():
            if data := self._pieced(client, 0):
                client.sink.push(data)
        for client, start in self._joined.items():
            if data := self._pieced(client, start):
                client.sink.push(data)
        later = sum(len(self._events) - start for start in self._joined.values())
        return len(self._events) * len(self._start.clients) + later

    def _encoded(self, shape: int) -> list[bytes]:
        """Return the lines of the run for clients of a shape, each encoded once."""
        if shape not in self._lines:
            self._lines[shape] = [encode(event, shape) for event in self._events]
        return self._lines[shape]

    def _pieced(self, client: Client, heard: int) -> bytes:
        """Join one client's stream from a place on: without what it does not hear, with its own in their places."""
        lines = self._encoded(client.shape)
        pieces: list[bytes] = []
        for place, own in self._private.get(client, ()):
            pieces.extend(lines[heard:place])
            heard = place
            if own is None:
                heard += 1
            else:
                pieces.append(own)
        pieces.extend(lines[heard:])
        return b"".join(pieces)


class Hub:
    """Delivers plans. Belongs to the engine's thread."""

    def __init__(self) -> None:
        self.deliveries = 0  # events handed to a connection so far

    def deliver(self, plan: Plan) -> None:
        """Hand the bytes of a plan to the sinks of all who are concerned, each in the order of the plan."""
        run: BroadcastRun | None = None
        for item in plan:
            if isinstance(item, Broadcast):
                if item.audience is NOBODY:
                    continue
                if run is None or not run.goes_on(item.audience):
                    self._close(run)
                    run = BroadcastRun(item.audience)
                run.add(item.event, item.author)
            elif run is not None and not item.end and run.has(item.client):
                run.insert(item.client, item.render())
            else:
                if item.end:
                    self._close(run)
                    run = None
                _answer(item)
        self._close(run)

    def _close(self, run: BroadcastRun | None) -> None:
        if run is not None:
            self.deliveries += run.deliver()


def _answer(response: Response) -> None:
    data = response.render()
    if data:
        response.client.sink.push(data)
    if response.end:
        response.client.sink.finish()
