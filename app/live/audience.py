"""Who hears an event, grouped by the bytes they need.

A *shape* is the set of negotiated capabilities that changes how an event looks on the wire. Clients of one
shape get the same bytes, so an event is encoded once for each shape and not once for each client.
"""

from collections.abc import Iterable

from app.live.client import Client


class Audience:
    """An unchanging set of clients. A room makes a new one when its members or their capabilities change."""

    __slots__ = ("by_shape", "clients")

    def __init__(self, clients: Iterable[Client]) -> None:
        self.clients = frozenset(clients)
        self.by_shape: dict[int, list[Client]] = {}
        for client in self.clients:
            self.by_shape.setdefault(client.shape, []).append(client)


NOBODY = Audience(())
