"""The conversations that the user has closed: they are listed again once something new is said."""

from contextlib import suppress

from app.client.protocol.events import ConversationFound
from app.client.storage.stored_list import MAX_ENTRIES, StoredList
from app.wire.names import Key, fold
from app.wire.numbers import parse_number


class ClosedConversations:
    """Stores each closed conversation with the time of its last message in milliseconds."""

    def __init__(self, stored: StoredList) -> None:
        self._stored = stored
        self._closed_at: dict[Key, int] = {}  # the one closed longest ago first
        for name, _, at in (entry.partition(" ") for entry in stored.load()):
            self._closed_at[fold(name)] = parse_number(at) or 0

    def add(self, name: str, last_at: int) -> None:
        """Record that a conversation was closed; a full disk only makes it appear again."""
        self._closed_at.pop(fold(name), None)
        self._closed_at[fold(name)] = last_at
        if len(self._closed_at) > MAX_ENTRIES:
            del self._closed_at[next(iter(self._closed_at))]
        with suppress(OSError):
            self._stored.save([f"{key} {at}" for key, at in self._closed_at.items()])

    def hides(self, found: ConversationFound) -> bool:
        """Whether a conversation that the server lists is closed, and nothing was said since."""
        return found.at <= self._closed_at.get(fold(found.room), -1)
