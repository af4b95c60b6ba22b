"""Texts that were not sent when the program was ended, by room, for each user and server."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from app.client.storage import private_files

DRAFTS = "drafts.json"
MAX_DRAFTS = 100  # per user and server
MAX_CHARACTERS = 20_000  # of a draft; longer ones are not kept


class DraftFile:
    """The drafts of one user; `place` names user and server. Without a folder, none are kept."""

    def __init__(self, folder: Path | None, place: str) -> None:
        self._file = folder / DRAFTS if folder else None
        self._place = place

    def take(self) -> dict[str, str]:
        """Return the drafts, and remove them from the file, so that they are restored once."""
        places = self._read()
        drafts = places.pop(self._place, {})
        if drafts:
            self._write(places)
        return {room: text for room, text in drafts.items() if isinstance(text, str)}

    def save(self, drafts: Mapping[str, str]) -> None:
        """Replace the drafts."""
        kept = [(room, text) for room, text in drafts.items() if len(text) <= MAX_CHARACTERS]
        if kept:
            self._write({**self._read(), self._place: dict(kept[:MAX_DRAFTS])})

    def _read(self) -> dict[str, dict[str, object]]:
        if self._file is None:
            return {}
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        entries = found.items() if isinstance(found, dict) else ()
        return {place: drafts for place, drafts in entries if isinstance(drafts, dict)}

    def _write(self, places: Mapping[str, Mapping[str, object]]) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full disk must not keep the program from ending
                private_files.replace(self._file, json.dumps(places, ensure_ascii=False, indent=1) + "\n")
