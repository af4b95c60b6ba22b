"""Who wants to hear of whose coming and going (MONITOR): by nick, so that a change costs what it has watchers."""

from collections.abc import Iterable

from app.engine.delivery.client import Client
from app.wire.names import Key


class MonitorIndex:
    """The connections that watch each nick; a connection knows which nicks it watches. Owned by the engine."""

    def __init__(self) -> None:
        self._watchers: dict[Key, set[Client]] = {}

    def add(self, client: Client, key: Key, nick: str) -> None:
        """Let a connection watch a nick, which it spells like this."""
        client.watched[key] = nick
        self._watchers.setdefault(key, set()).add(client)

    def remove(self, client: Client, key: Key) -> None:
        """Let a connection watch a nick no longer, if it did."""
        if client.watched.pop(key, None) is None:
            return
        watchers = self._watchers[key]
        watchers.discard(client)
        if not watchers:
            del self._watchers[key]

    def clear(self, client: Client) -> None:
        """Let a connection watch nobody any more."""
        for key in list(client.watched):
            self.remove(client, key)

    def of(self, key: Key) -> Iterable[Client]:
        """Return the connections that watch a nick."""
        return self._watchers.get(key, ())
