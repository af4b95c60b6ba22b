"""One turn of the engine: what was decided in it, before it is stored and delivered."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.engine.delivery.audience import NOBODY, Audience
from app.engine.delivery.client import Client
from app.engine.delivery.plan import Broadcast, Plan
from app.engine.delivery.response import Response, ResponseEntry
from app.engine.world.world import World
from app.events import Event


class ReadOnlyChangeset(Exception):
    """Something was decided where nothing can be stored; the deciding command is declared wrongly."""


@dataclass(slots=True)
class Changeset:
    """Collects events and replies in the order they were decided. `writable` while the log is open.

    `may_show_world` is False while the engine refuses held units because the world is ahead of the log: no reply may
    depend on state that is not stored yet.
    """

    world: World
    writable: bool
    may_show_world: bool = True
    events: list[Event] = field(default_factory=list)
    plan: Plan = field(default_factory=list)

    def emit(self, event: Event, audience: Audience = NOBODY, author: Client | None = None) -> Event:
        """Decide that something happened: the world changes now, the audience hears of it after the commit."""
        self._apply(event)
        self.events.append(event)
        self._tell(event, audience, author)
        return event

    def pass_on(self, event: Event, audience: Audience, author: Client | None = None) -> Event:
        """Decide on something that is delivered in its order and adds no row: it has one already, or needs none."""
        self._apply(event)
        event.at = event.at or self.world.clock.now()
        self._tell(event, audience, author)
        return event

    def emit_each(self, events: Sequence[Event], audience: Audience, author: Client | None = None) -> None:
        """Decide on one happening that has several rows: the audience hears the first, the others are only stored."""
        first, *others = events
        self.emit(first, audience, author)
        for event in others:
            self._apply(event)
            self.events.append(event)

    def tell(self, client: Client, content: str | Event) -> None:
        """Send one client a line of its own that answers none of its commands."""
        self.plan.append(Response(client, entries=[ResponseEntry(content)]))

    def close(self, client: Client, line: str) -> None:
        """Close a client's connection behind a last line; that does not take it out of the world yet."""
        self.world.close(client)
        self.plan.append(Response(client, entries=[ResponseEntry(line)], end=True))

    def _apply(self, event: Event) -> None:
        if not self.writable:
            raise ReadOnlyChangeset(event.kind)
        self.world.apply(event)

    def _tell(self, event: Event, audience: Audience, author: Client | None) -> None:
        if audience is not NOBODY or author is not None:  # who is told if it cannot be stored
            self.plan.append(Broadcast(event, audience, author))
