"""Audiences: the recipients of an event, grouped by encoding.

A *shape* is the set of negotiated capabilities that affect the encoding of an event. Clients of the
same shape receive the same bytes, so an event is encoded once per shape rather than once per
client.

When many users join a room in sequence, the audience of each JOIN is the previous audience plus one
client. Such an audience only references its *base*, so that the hub can treat the sequence as one
run. Its set of clients is computed on demand.
"""

from collections.abc import Iterable

from app.engine.delivery.client import Client
from app.engine.delivery.sink import Broadcaster, IndividualSinks, Sink, SinkGroup


class Audience:
    """An immutable set of clients; rooms replace theirs when members or capabilities change."""

    __slots__ = ("_clients", "_sink_groups", "added", "base")

    def __init__(self, clients: Iterable[Client], base: "Audience | None" = None) -> None:
        self.added = frozenset(clients)  # clients that are not in the base
        self.base = base  # dropped once the set is computed
        self._clients = self.added if base is None else None
        self._sink_groups: list[tuple[int, SinkGroup]] | None = None

    def joined_by(self, clients: Iterable[Client]) -> "Audience":
        """Return an audience with additional clients."""
        added = frozenset(clients)
        return Audience(added, self) if added else self

    @property
    def is_empty(self) -> bool:
        """Whether there are no clients; an audience with a base always has some."""
        return not self.added

    @property
    def clients(self) -> frozenset[Client]:
        """All clients, including those of the base."""
        if self._clients is None:
            self._clients = self._compute_clients()
            self.base = None
        return self._clients

    def _compute_clients(self) -> frozenset[Client]:
        """Return all clients of this audience and its bases.

        Iterative, because mass joins create long chains of bases.
        """
        added: list[frozenset[Client]] = []
        link = self
        while link._clients is None and link.base is not None:
            added.append(link.added)
            link = link.base
        return (link._clients or frozenset()).union(*added)

    def fix_groups(self) -> None:
        """Group the sinks now, by the capabilities that clients have now."""
        self._sink_groups = self.sink_groups

    @property
    def sink_groups(self) -> list[tuple[int, SinkGroup]]:
        """The clients' sinks, grouped by shape and broadcaster."""
        if self._sink_groups is None:
            groups: dict[tuple[int, Broadcaster | None], list[Sink]] = {}
            for client in self.clients:
                groups.setdefault((client.shape, client.sink.broadcaster), []).append(client.sink)
            self._sink_groups = [
                (shape, IndividualSinks(sinks) if broadcaster is None else broadcaster.group(sinks))
                for (shape, broadcaster), sinks in groups.items()
            ]
        return self._sink_groups


EMPTY_AUDIENCE = Audience(())
