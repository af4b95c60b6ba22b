"""Lists of words that are kept for each user and server: joined and muted rooms, ignored users."""

from pathlib import Path
from typing import TypeGuard

from app.client.storage.json_file import read_object, write_object
from app.text.sanitise import clean

ROOMS, IGNORED, MUTED = "rooms.json", "ignored.json", "muted.json"
ROOM_ORDER, LAST_ROOM = "room-order.json", "last-room.json"
CLOSED = "closed.json"  # conversations
THEME = "theme.json"  # a list of one name, for all servers
REACTIONS = "reactions.json"  # the latest ones, for all servers
MAX_LISTS = 100  # per file; the list that changed longest ago is dropped
MAX_ENTRIES = 100  # per list


class StoredList:
    """One list in a file of lists; `key` names user and server. Without a folder, it is empty."""

    def __init__(self, folder: Path | None, name: str, key: str) -> None:
        self._file = folder / name if folder else None
        self._key = key

    def load(self) -> list[str]:
        """Return the entries; none if the file is missing or damaged."""
        return self._read().get(self._key, [])[:MAX_ENTRIES]

    def save(self, entries: list[str]) -> None:
        """Replace the entries.

        Raises: OSError.
        """
        lists, entries = self._read(), entries[:MAX_ENTRIES]
        if self._file is None or lists.get(self._key, []) == entries:
            return
        lists.pop(self._key, None)
        kept = [*lists.items(), (self._key, entries)][-MAX_LISTS:]
        write_object(self._file, dict(kept))

    def _read(self) -> dict[str, list[str]]:
        entries = read_object(self._file).items()
        return {key: words for key, words in entries if _is_list_of_words(words)}


def _is_list_of_words(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(word, str) and clean(word) == word for word in value)
