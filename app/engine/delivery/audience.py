"""Who hears an event, grouped by the bytes they need.

A *shape* is the set of negotiated capabilities that changes how an event looks on the wire. Clients of one
shape get the same bytes, so an event is encoded once for each shape and not once for each client.

When many people enter a room one after the other, each of them is told to an audience that is the last one and
one more. Such an audience only remembers what it grew from, so that the hub can tell all of them in one go,
and becomes a set of its own when somebody asks for it.
"""

from collections.abc import Iterable

from app.engine.delivery.client import Client
from app.engine.delivery.sink import Broadcaster, IndividualSinks, Sink, SinkGroup


class Audience:
    """An unchanging set of clients. A room makes a new one when its members or their capabilities change."""

    __slots__ = ("_clients", "_sink_groups", "added", "base")

    def __init__(self, clients: Iterable[Client], base: "Audience | None" = None) -> None:
        self.added = frozenset(clients)  # those that the base does not have
        self.base = base  # what it grew from, until it is a set of its own
        self._clients = self.added if base is None else None
        self._sink_groups: list[tuple[int, SinkGroup]] | None = None

    def joined_by(self, clients: Iterable[Client]) -> "Audience":
        """Return this audience with further clients, which it does not have yet."""
        added = frozenset(clients)
        return Audience(added, self) if added else self

    @property
    def is_empty(self) -> bool:
        """Whether nobody is in it; asked without making a set of it, because one that grew is not."""
        return not self.added

    @property
    def clients(self) -> frozenset[Client]:
        """All of them."""
        if self._clients is None:
            self._clients = self._settled()
            self.base = None
        return self._clients

    def _settled(self) -> frozenset[Client]:
        """Add up what it grew from, back to the last one that is a set; a storm of people makes long chains."""
        added: list[frozenset[Client]] = []
        link = self
        while link._clients is None and link.base is not None:
            added.append(link.added)
            link = link.base
        return (link._clients or frozenset()).union(*added)

    @property
    def sink_groups(self) -> list[tuple[int, SinkGroup]]:
        """All of them, as those who are sent the same: of one shape, and carried by one."""
        if self._sink_groups is None:
            groups: dict[tuple[int, Broadcaster | None], list[Sink]] = {}
            for client in self.clients:
                groups.setdefault((client.shape, client.sink.broadcaster), []).append(client.sink)
            self._sink_groups = [
                (shape, IndividualSinks(sinks) if carrier is None else carrier.group(sinks))
                for (shape, carrier), sinks in groups.items()
            ]
        return self._sink_groups


NOBODY = Audience(())
