"""The events and replies that one engine cycle collects before it commits and delivers them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.delivery.plan import Broadcast, Plan, split_remote
from app.engine.delivery.response import Response, ResponseEntry
from app.engine.world.audiences import find_audience
from app.engine.world.world import World
from app.events import Event

FollowUp: TypeAlias = "Callable[[Changeset], None]"


class ReadOnlyChangeset(Exception):
    """A command that is not declared as writing emitted an event."""


@dataclass(slots=True)
class Changeset:
    """Collects events and replies in order. It is `writable` while a transaction is open.

    `events` are stored on commit. Those in `transient` never are: other nodes receive them by
    notification. `follow_ups` are what adopted events entail on this node: they emit events, so
    they run in the next changeset that is writable, once all events before it are adopted.

    `adopted` is the event that is being adopted, if any: the log may already contain later ones.

    The first `adopted_items` of the plan deliver events that other programs appended. These precede
    the changeset's own in the log, however often its commit has to be retried after more of them.

    `may_show_world` is False when the engine refuses the units it holds while the world is ahead of
    the log, or may be out of date: no reply may then depend on it.
    """

    world: World
    writable: bool
    may_show_world: bool = True
    events: list[Event] = field(default_factory=list)
    transient: list[Event] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)
    adopted: Event | None = None
    plan: Plan = field(default_factory=list)
    adopted_items: int = 0

    def emit(self, event: Event, author: Client | None = None) -> Event:
        """Apply an event to the world now; store it on commit, then deliver it to its audience.

        Raises: ReadOnlyChangeset.
        """
        self._require_writable(event)
        self.events.append(event)
        return self.adopt(event, author)

    def emit_transient(self, event: Event, author: Client | None = None) -> Event:
        """Apply and deliver an event that is not stored, here and on other nodes.

        Raises: ReadOnlyChangeset.
        """
        self._require_writable(event)
        self.transient.append(event)
        event.at = event.at or self.world.clock.now()
        return self.adopt(event, author)

    def emit_each(self, events: Sequence[Event], author: Client | None = None) -> None:
        """Emit the events of one action: all are stored, but only the first changes anything."""
        first, *others = events
        self.emit(first, author)
        for event in others:
            self.emit(event)

    def adopt(self, event: Event, author: Client | None = None) -> Event:
        """Apply an event that is in the log already, and deliver it to its audience."""
        audience = find_audience(self.world, event)
        self.world.apply(event)
        self._plan_delivery(event, audience, author)
        return event

    def derive(self, event: Event, audience: Audience) -> None:
        """Apply and deliver an event that is not in the log: each node derives it from others."""
        event.at = event.at or self.world.clock.now()
        self.world.apply(event)
        self._plan_delivery(event, audience, None)

    def follow_up(self, action: FollowUp) -> None:
        """Keep what an adopted event entails, until the log is open and all of it is adopted.

        Other events may come before it, so it has to check that it is still necessary.
        """
        self.follow_ups.append(action)

    def run_follow_ups(self, kept: Sequence[FollowUp] = ()) -> None:
        """Run `kept` follow-ups, and then those of this changeset, which must be writable."""
        waiting, self.follow_ups = [*kept, *self.follow_ups], []
        for act in waiting:
            act(self)

    def insert_adopted(self, later: "Changeset", remote_events: Sequence[Event]) -> None:
        """Add events that were adopted later but come first in the log, and what they entail."""
        broadcasts, consequences = split_remote(later.plan, remote_events)
        count, self.adopted_items = self.adopted_items, self.adopted_items + len(broadcasts)
        self.plan[count:count] = broadcasts
        self.plan += consequences
        self.events += later.events

    def send(self, client: Client, content: str | Event) -> None:
        """Send a line or an event to a client, outside any command response."""
        self.plan.append(Response(client, entries=[ResponseEntry(content)]))

    def close(self, client: Client, line: str) -> None:
        """Close a connection after a final line; the client is detached when its reader ends."""
        self.world.close(client)
        self.plan.append(Response(client, entries=[ResponseEntry(line)], end=True))

    def _require_writable(self, event: Event) -> None:
        if not self.writable:
            raise ReadOnlyChangeset(event.kind)

    def _plan_delivery(self, event: Event, audience: Audience, author: Client | None) -> None:
        if audience.is_empty and author is None:
            return
        self.plan.append(Broadcast(event, audience, author))  # the author gets FAIL if it is not stored
