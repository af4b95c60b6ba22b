"""Everything that a session of the client reads from and writes to its files."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from app.client.storage.draft_file import DraftFile
from app.client.storage.error_log import ErrorLog
from app.client.storage.history_file import HistoryFile
from app.client.storage.keyring_store import KeyringStore
from app.client.storage.stored_list import (
    CLOSED,
    IGNORED,
    LAST_ROOM,
    MUTED,
    REACTIONS,
    ROOM_ORDER,
    ROOMS,
    THEME,
    StoredList,
)


def session_key(user: str, host: str, port: int) -> str:
    """Return the key of a user on a server in the files: `anna@chat.example.org:6697`."""
    return f"{user}@{host}:{port}"


def _unsaved_list() -> StoredList:
    return StoredList(None, "", "")


@dataclass(frozen=True, slots=True)
class ClientStorage:
    """The storage of one session; by default, nothing is kept."""

    rooms: StoredList = field(default_factory=_unsaved_list)
    ignored: StoredList = field(default_factory=_unsaved_list)
    muted: StoredList = field(default_factory=_unsaved_list)
    keyring: KeyringStore | None = None
    history_file: Path | None = None
    max_history_entries: int = 1_000
    room_order: StoredList = field(default_factory=_unsaved_list)
    last_room: StoredList = field(default_factory=_unsaved_list)
    closed: StoredList = field(default_factory=_unsaved_list)
    theme: StoredList = field(default_factory=_unsaved_list)
    reactions: StoredList = field(default_factory=_unsaved_list)
    drafts: DraftFile = field(default_factory=lambda: DraftFile(None, ""))
    errors: ErrorLog = field(default_factory=lambda: ErrorLog(None))

    @classmethod
    def in_folder(
        cls,
        folder: Path | None,
        rooms_folder: Path | None,
        key: str,
        keyring: KeyringStore | None = None,
        history_file: Path | None = None,
        max_history_entries: int = 1_000,
    ) -> Self:
        """Return the storage in the files of a folder; what is about rooms may be in none.

        `key` is that of the session (`session_key`). Without a folder, nothing is kept.
        """
        return cls(
            rooms=StoredList(rooms_folder, ROOMS, key),
            ignored=StoredList(folder, IGNORED, key),
            muted=StoredList(folder, MUTED, key),
            keyring=keyring,
            history_file=history_file,
            max_history_entries=max_history_entries,
            room_order=StoredList(folder, ROOM_ORDER, key),
            last_room=StoredList(rooms_folder, LAST_ROOM, key),
            closed=StoredList(rooms_folder, CLOSED, key),
            theme=StoredList(folder, THEME, "theme"),
            reactions=StoredList(folder, REACTIONS, "reactions"),
            drafts=DraftFile(folder, key),
            errors=ErrorLog(folder),
        )

    def open_history(self) -> HistoryFile:
        """Return the file of the input history."""
        return HistoryFile(self.history_file, self.max_history_entries)
