"""The input history, kept in a file across starts."""

import json
from contextlib import suppress
from pathlib import Path

from app.client.storage import private_files


class HistoryFile:
    """Lines of input, oldest first.

    The file has one JSON string a line, because an entry may contain line breaks. It holds at most
    twice `max_entries`, and is reduced to that number at the next start. Nothing is kept
    without a file, or if it cannot be written.
    """

    def __init__(self, path: Path | None, max_entries: int = 1_000) -> None:
        self._path = path
        self._max_entries = max_entries
        self._stored = 0

    def load(self) -> list[str]:
        """Return the entries, oldest first; damaged lines are skipped."""
        entries = self._read()
        self._stored = len(entries)
        if self._stored > self._max_entries:
            entries = entries[-self._max_entries :]
            self._rewrite(entries)
        return entries

    def append(self, entry: str) -> None:
        """Append an entry to the file."""
        if self._path is None:
            return
        with suppress(OSError, UnicodeEncodeError):
            private_files.append(self._path, json.dumps(entry, ensure_ascii=False) + "\n")
            self._stored += 1
        if self._stored > 2 * self._max_entries:
            self._rewrite(self._read()[-self._max_entries :])

    def _read(self) -> list[str]:
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace") if self._path else ""
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
        if self._path is not None:
            with suppress(OSError, UnicodeEncodeError):
                private_files.replace(self._path, "".join(lines))
