"""From a batch's plan to bytes in outboxes, after the commit.

A plan is a list in the order of decisions. Events that follow each other for the same audience form a *run*:
it is encoded once for each shape and joined once, and all who hear the whole run get a reference to the same
bytes. Only the few clients that take part in the batch themselves get their stream pieced together, because
their own replies have their place between the events.
"""

from collections.abc import Sequence

from app.events import Event
from app.live.audience import Audience
from app.live.client import Client
from app.live.encode import encode
from app.live.plan import Broadcast, Plan
from app.live.response import Response


class Run:
    """Events that follow each other for one audience."""

    __slots__ = ("_events", "_private", "audience")

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self._events: list[Event] = []
        self._private: dict[Client, list[tuple[int, bytes | None]]] = {}

    def add(self, event: Event, author: Client | None) -> None:
        """Continue the run; the author does not hear this event."""
        if author is not None and author in self.audience.clients:
            self._private.setdefault(author, []).append((len(self._events), None))
        self._events.append(event)

    def insert(self, client: Client, data: bytes) -> None:
        """Let one client hear something of its own between the events so far and those to come."""
        self._private.setdefault(client, []).append((len(self._events), data))

    def deliver(self) -> None:
        """Hand everybody their bytes."""
        for shape, clients in self.audience.by_shape.items():
            lines = [encode(event, shape) for event in self._events]
            whole = b"".join(lines)
            for client in clients:
                private = self._private.get(client)
                data = whole if private is None else _pieced(lines, private)
                if data:
                    client.sink.push(data)


def _pieced(lines: Sequence[bytes], private: Sequence[tuple[int, bytes | None]]) -> bytes:
    """Join one client's stream: the lines, without those it does not hear, with its own in their places."""
    pieces: list[bytes] = []
    heard = 0
    for place, own in private:
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

    def deliver(self, plan: Plan) -> None:
        """Hand the bytes of a plan to the sinks of all who are concerned, each in the order of the plan."""
        run: Run | None = None
        for item in plan:
            if isinstance(item, Broadcast):
                if run is None or run.audience is not item.audience:
                    self._close(run)
                    run = Run(item.audience)
                run.add(item.event, item.author)
            elif run is not None and not item.end and item.client in run.audience.clients:
                run.insert(item.client, item.render())
            else:
                if item.end:
                    self._close(run)
                    run = None
                _answer(item)
        self._close(run)

    def _close(self, run: Run | None) -> None:
        if run is not None:
            run.deliver()


def _answer(response: Response) -> None:
    data = response.render()
    if data:
        response.client.sink.push(data)
    if response.end:
        response.client.sink.finish()
