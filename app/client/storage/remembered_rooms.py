"""Remembers which rooms a user was in on each server, to join them at the next start.

Rooms with a key are not remembered, because the key is a secret.
"""

import json
from pathlib import Path

from app.client.storage import private_files

FILE = "rooms.json"
MAX_SERVERS = 100  # the entry that changed longest ago is dropped
MAX_ROOMS = 100  # per server


class RememberedRooms:
    """The rooms of one user on one server; `place` names both. Without a folder, none."""

    def __init__(self, folder: Path | None, place: str) -> None:
        self._file = folder / FILE if folder else None
        self._place = place

    def load(self) -> list[str]:
        """Return the names of the rooms; none if the file is missing or damaged."""
        return self._read().get(self._place, [])[:MAX_ROOMS]

    def save(self, rooms: list[str]) -> None:
        """Replace the remembered rooms.

        Raises: OSError.
        """
        places = self._read()
        if self._file is None or places.get(self._place, []) == rooms:
            return
        places.pop(self._place, None)
        kept = [*places.items(), (self._place, rooms[:MAX_ROOMS])][-MAX_SERVERS:]
        private_files.replace(self._file, json.dumps(dict(kept), ensure_ascii=False, indent=1) + "\n")

    def _read(self) -> dict[str, list[str]]:
        if self._file is None:
            return {}
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        entries = found.items() if isinstance(found, dict) else ()
        return {place: rooms for place, rooms in entries if _is_list_of_rooms(rooms)}


def _is_list_of_rooms(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(room, str) and room[:1] in "#&" for room in value)
