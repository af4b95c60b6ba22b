"""The input history of the prompt in line mode."""

from collections.abc import Callable, Iterable

from prompt_toolkit.history import History

from app.client.storage.history_file import HistoryFile


class InputHistory(History):
    """Input history without answers to questions and lines with secrets."""

    def __init__(self, may_keep: Callable[[str], bool], file: HistoryFile) -> None:
        super().__init__()
        self._may_keep = may_keep
        self._file = file

    def load_history_strings(self) -> Iterable[str]:
        """Return the stored entries, newest first."""
        return reversed(self._file.load())

    def append_string(self, string: str) -> None:
        """Keep a line unless it carries a secret."""
        if self._may_keep(string):
            super().append_string(string)

    def store_string(self, string: str) -> None:
        """Append an entry to the file."""
        self._file.append(string)
