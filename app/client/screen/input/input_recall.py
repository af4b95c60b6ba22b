"""Recalls entries of the input history."""

from app.client.storage.history_file import HistoryFile


class InputRecall:
    """The input history and a position in it; a text being written is kept meanwhile.

    The history is read at the first use.
    """

    def __init__(self, file: HistoryFile) -> None:
        self._file = file
        self._entries: list[str] | None = None
        self._index: int | None = None  # None: at the text being written
        self._written = ""

    @property
    def entries(self) -> list[str]:
        """The entries, oldest first."""
        if self._entries is None:
            self._entries = self._file.load()
        return self._entries

    @property
    def is_recalling(self) -> bool:
        """Whether an entry is shown, rather than the text being written."""
        return self._index is not None

    def add(self, text: str) -> None:
        """Append an entry, unless it repeats the last one, and go back to the end."""
        if not self.entries or self.entries[-1] != text:
            self.entries.append(text)
            self._file.append(text)
        self.stop()

    def stop(self) -> None:
        """Go back to the end of the history."""
        self._index = None

    def go_back(self, shown: str) -> str | None:
        """Return the entry before the one that is shown, or None if there is none."""
        index = len(self.entries) if self._index is None else self._index
        if index == 0:
            return None
        if self._index is None:
            self._written = shown
        self._index = index - 1
        return self.entries[self._index]

    def go_forward(self) -> str | None:
        """Return the entry after the one that is shown, finally the text that was being written."""
        if self._index is None:
            return None
        if self._index + 1 == len(self.entries):
            self._index = None
            return self._written
        self._index += 1
        return self.entries[self._index]

    def latest_first(self) -> list[str]:
        """Return the entries without repetitions, latest first."""
        return list(dict.fromkeys(reversed(self.entries)))
