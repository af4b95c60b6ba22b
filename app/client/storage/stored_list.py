"""Lists of words that are kept for each user and server: joined and muted rooms, ignored users."""

import json
from pathlib import Path

from app.client.storage import private_files
from app.text.sanitise import clean

ROOMS, IGNORED, MUTED = "rooms.json", "ignored.json", "muted.json"
ROOM_ORDER, LAST_ROOM = "room-order.json", "last-room.json"
THEME = "theme.json"  # a list of one name, for all servers
REACTIONS = "reactions.json"  # the latest ones, for all servers
MAX_PLACES = 100  # the list that changed longest ago is dropped
MAX_ENTRIES = 100  # per list


class StoredList:
    """One list in a file of lists; `place` names user and server. Without a folder, it is empty."""

    def __init__(self, folder: Path | None, name: str, place: str) -> None:
        self._file = folder / name if folder else None
        self._place = place

    def load(self) -> list[str]:
        """Return the entries; none if the file is missing or damaged."""
        return self._read().get(self._place, [])[:MAX_ENTRIES]

    def save(self, entries: list[str]) -> None:
        """Replace the entries.

        Raises: OSError.
        """
        places, entries = self._read(), entries[:MAX_ENTRIES]
        if self._file is None or places.get(self._place, []) == entries:
            return
        places.pop(self._place, None)
        kept = [*places.items(), (self._place, entries)][-MAX_PLACES:]
        private_files.replace(self._file, json.dumps(dict(kept), ensure_ascii=False, indent=1) + "\n")

    def _read(self) -> dict[str, list[str]]:
        if self._file is None:
            return {}
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        entries = found.items() if isinstance(found, dict) else ()
        return {place: words for place, words in entries if _is_list_of_words(words)}


def _is_list_of_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) and clean(word) == word for word in value)
