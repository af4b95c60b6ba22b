"""Everything that a session of the client reads from and writes to its files."""

from dataclasses import dataclass, field
from pathlib import Path

from app.client.storage.draft_file import DraftFile
from app.client.storage.error_log import ErrorLog
from app.client.storage.history_file import HistoryFile
from app.client.storage.keyring_store import KeyringStore
from app.client.storage.stored_list import StoredList


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

    def open_history(self) -> HistoryFile:
        """Return the file of the input history."""
        return HistoryFile(self.history_file, self.max_history_entries)
