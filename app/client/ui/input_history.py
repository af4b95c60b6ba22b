"""The prompt's input history, kept in a file across starts."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.history import History

from app.client.storage import private_files


class InputHistory(History):
    """Input history without answers to questions and lines with secrets.

    The file has one JSON string a line, because an entry may contain line breaks. It holds at most
    twice `max_entries`, and is reduced to that number at the next start. Without a file, the
    history ends with the program; so it does if the file cannot be written.
    """

    def __init__(
        self, may_keep: Callable[[str], bool], file: Path | None = None, max_entries: int = 1_000
    ) -> None:
        super().__init__()
        self._may_keep = may_keep
        self._file = file
        self._max_entries = max_entries
        self._stored = 0

    def load_history_strings(self) -> Iterable[str]:
        """Return the entries of the file, newest first; damaged lines are skipped."""
        entries = self._read()
        self._stored = len(entries)
        if self._stored > self._max_entries:
            entries = entries[-self._max_entries :]
            self._rewrite(entries)
        return reversed(entries)

    def append_string(self, string: str) -> None:
        """Keep a line unless it carries a secret."""
        if self._may_keep(string):
            super().append_string(string)

    def store_string(self, string: str) -> None:
        """Append an entry to the file."""
        if self._file is None:
            return
        with suppress(OSError, UnicodeEncodeError):
            private_files.append(self._file, json.dumps(string, ensure_ascii=False) + "\n")
            self._stored += 1
        if self._stored > 2 * self._max_entries:
            self._rewrite(self._read()[-self._max_entries :])

    def _read(self) -> list[str]:
        try:
            text = self._file.read_text(encoding="utf-8", errors="replace") if self._file else ""
        except OSError:
            return []
        entries = []
        for line in text.splitlines():
            with suppress(ValueError, RecursionError):
                entry = json.loads(line)
                entries += [entry] if isinstance(entry, str) else []
        return entries

    def _rewrite(self, entries: list[str]) -> None:
        lines = [json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries]
        self._stored = len(entries)
        if self._file is not None:
            with suppress(OSError, UnicodeEncodeError):
                private_files.replace(self._file, "".join(lines))
