"""Texts that were not sent when the program was ended, by room, for each user and server."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from app.client.storage.json_file import read_object, write_object

DRAFTS = "drafts.json"
MAX_DRAFTS = 100  # per user and server
MAX_CHARACTERS = 20_000  # of a draft; longer ones are not kept


class DraftFile:
    """The drafts of one user; `key` names user and server. Without a folder, none are kept."""

    def __init__(self, folder: Path | None, key: str) -> None:
        self._file = folder / DRAFTS if folder else None
        self._key = key

    def take(self) -> dict[str, str]:
        """Return the drafts, and remove them from the file, so that they are restored once."""
        sessions = self._read()
        drafts = sessions.pop(self._key, {})
        if drafts:
            self._write(sessions)
        return {room: text for room, text in drafts.items() if isinstance(text, str)}

    def save(self, drafts: Mapping[str, str]) -> None:
        """Replace the drafts."""
        kept = [(room, text) for room, text in drafts.items() if len(text) <= MAX_CHARACTERS]
        if kept:
            self._write({**self._read(), self._key: dict(kept[:MAX_DRAFTS])})

    def _read(self) -> dict[str, dict[str, object]]:
        entries = read_object(self._file).items()
        return {key: drafts for key, drafts in entries if isinstance(drafts, dict)}

    def _write(self, sessions: Mapping[str, Mapping[str, object]]) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full disk must not keep the program from ending
                write_object(self._file, sessions)
