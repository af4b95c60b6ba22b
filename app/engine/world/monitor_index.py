"""The MONITOR index: the watching connections of each nick, so that a change costs only its watchers."""

from collections.abc import Iterable

from app.engine.delivery.client import Client
from app.wire.names import Key


class MonitorIndex:
    """Maps nicks to watching connections; `Client.monitored` is the reverse. Belongs to the engine's thread."""

    def __init__(self) -> None:
        self._watchers: dict[Key, set[Client]] = {}

    def add(self, client: Client, key: Key, nick: str) -> None:
        """Add a nick, as the client spelled it, to the client's list."""
        client.monitored[key] = nick
        self._watchers.setdefault(key, set()).add(client)

    def remove(self, client: Client, key: Key) -> None:
        """Remove a nick from the client's list, if it is there."""
        if client.monitored.pop(key, None) is None:
            return
        watchers = self._watchers[key]
        watchers.discard(client)
        if not watchers:
            del self._watchers[key]

    def clear(self, client: Client) -> None:
        """Empty the client's list."""
        for key in list(client.monitored):
            self.remove(client, key)

    def of(self, key: Key) -> Iterable[Client]:
        """Return the connections that watch a nick."""
        return self._watchers.get(key, ())
