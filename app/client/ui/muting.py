"""The rooms and conversations that do not notify the user."""

from app.client.storage.stored_list import MAX_ENTRIES, StoredList
from app.errors import UsageError
from app.wire.names import Key, fold


class MuteList:
    """The muted rooms and peers of muted conversations, kept across starts."""

    def __init__(self, stored: StoredList) -> None:
        self._stored = stored
        self.entries = stored.load()

    @property
    def keys(self) -> set[Key]:
        """The folded names."""
        return {fold(entry) for entry in self.entries}

    def add(self, name: str) -> None:
        """Mute a room or conversation.

        Raises: UsageError when it is muted already, or the list is full; OSError when it cannot be
            stored.
        """
        if fold(name) in self.keys:
            raise UsageError(f"{name} is already muted.")
        if len(self.entries) >= MAX_ENTRIES:
            raise UsageError(f"You can mute at most {MAX_ENTRIES} rooms and conversations.")
        self.entries.append(name)
        self._stored.save(self.entries)

    def remove(self, name: str) -> None:
        """Unmute a room or conversation.

        Raises: UsageError when it is not muted; OSError when that cannot be stored.
        """
        if fold(name) not in self.keys:
            raise UsageError(f"{name} is not muted.")
        self.entries[:] = [entry for entry in self.entries if fold(entry) != fold(name)]
        self._stored.save(self.entries)
