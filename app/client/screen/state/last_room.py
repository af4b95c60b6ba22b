"""The room that was shown when the client ended; the next start begins there."""

from contextlib import suppress

from app.client.protocol.channel_view import ROOM_PREFIXES
from app.client.storage.stored_list import StoredList
from app.wire.names import fold


class LastRoom:
    """Stores the last room, with the first of those that were to be joined.

    If another room is to be joined first than at the last start, the user has asked for it, so the
    last room does not replace it.
    """

    def __init__(self, stored: StoredList, rooms: list[str]) -> None:
        self._stored = stored
        self._first = next(iter(rooms), "")

    def order(self, rooms: list[str]) -> list[str]:
        """Return the rooms to be joined, with the last one first."""
        last, first = [*self._stored.load(), "", ""][:2]
        if fold(first) != fold(self._first):
            return rooms
        return sorted(rooms, key=lambda room: fold(room) != fold(last))

    def save(self, room: str) -> None:
        """Store a room; a conversation or none leaves the stored one, and so does a full disk."""
        if room[:1] in ROOM_PREFIXES and room:
            with suppress(OSError):
                self._stored.save([room, self._first])
