"""The MONITOR index: the connections that monitor each nick."""

from collections.abc import Iterable

from app.engine.delivery.client import Client
from app.wire.names import Key


class MonitorIndex:
    """Maps nicks to monitoring connections; `Client.monitored` is the inverse."""

    def __init__(self) -> None:
        self._monitors: dict[Key, set[Client]] = {}

    def add(self, client: Client, key: Key, nick: str) -> None:
        """Add a nick, as the client spelled it, to the client's list."""
        client.monitored[key] = nick
        self._monitors.setdefault(key, set()).add(client)

    def remove(self, client: Client, key: Key) -> None:
        """Remove a nick from the client's list, if it is there."""
        if client.monitored.pop(key, None) is None:
            return
        monitors = self._monitors[key]
        monitors.discard(client)
        if not monitors:
            del self._monitors[key]

    def clear(self, client: Client) -> None:
        """Empty the client's list."""
        for key in list(client.monitored):
            self.remove(client, key)

    def of(self, key: Key) -> Iterable[Client]:
        """Return the connections that monitor a nick."""
        return self._monitors.get(key, ())
