"""Reads the database of the chat program that this one replaces, without ever writing to it.

The file is read in small pages, so as not to block a program that still uses it. Text is returned
as bytes, because it is not guaranteed to be UTF-8.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from app.db.sqlite.read_only import open_to_read
from app.errors import DatabaseRefused, NotFound

PAGE_ROWS = 4_000

Cell = int | float | bytes | None


class LegacyUser(NamedTuple):
    """A row of the legacy user table."""

    id: Cell
    name: Cell
    password: Cell


class LegacyMessage(NamedTuple):
    """A row of the legacy message table."""

    id: Cell
    time: Cell
    author: Cell
    content: Cell


_USERS = ("user", ("UserId", "UserName", "UserPassword"))
_MESSAGES = ("message", ("MessageId", "MessageTime", "MessageAuthor", "MessageContent"))


class LegacyDatabase:
    """A legacy database file, open for reading.

    Raises: NotFound when it does not exist, DatabaseRefused when it is not a legacy database.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise NotFound(f"The file {path} does not exist; check the path.")
        self.path = path
        self._connection = open_to_read(path)
        self._connection.text_factory = bytes
        try:
            with self._translated_errors():
                for table, columns in (_USERS, _MESSAGES):
                    self._check(table, columns)
        except DatabaseRefused:
            self.close()
            raise

    def _check(self, table: str, columns: tuple[str, ...]) -> None:
        rows = self._connection.execute(f'PRAGMA table_info("{table}")')
        present = {row[1].decode(errors="replace").lower() for row in rows}
        missing = [column for column in columns if column.lower() not in present]
        if missing:
            missing_part = "table" if not present else f"column {missing[0]} in the table"
            raise DatabaseRefused(
                f"{self.path} is not a database of the chat program that this one replaces: "
                f"it has no {missing_part} {table}. Nothing was changed."
            )

    def count(self) -> tuple[int, int]:
        """Return the number of users and of messages."""
        with self._translated_errors():
            users, messages = (
                self._connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608
                for table in (_USERS[0], _MESSAGES[0])
            )
        return users, messages

    def users(self) -> Iterator[list[LegacyUser]]:
        """Yield the users in order of insertion, a page at a time."""
        for page in self._pages(*_USERS):
            yield [LegacyUser(*row) for row in page]

    def messages(self) -> Iterator[list[LegacyMessage]]:
        """Yield the messages in order of insertion, a page at a time."""
        for page in self._pages(*_MESSAGES):
            yield [LegacyMessage(*row) for row in page]

    def _pages(self, table: str, columns: tuple[str, ...]) -> Iterator[list[tuple[Cell, ...]]]:
        query = f'SELECT rowid, {", ".join(columns)} FROM "{table}" WHERE rowid > ? ORDER BY rowid LIMIT ?'  # noqa: S608
        last = -(2**63)
        while True:
            with self._translated_errors():
                rows = self._connection.execute(query, (last, PAGE_ROWS)).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield [row[1:] for row in rows]

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise DatabaseRefused(
                f"{self.path} cannot be read ({error}); if its program was interrupted during a write, "
                "start and stop it once. The file was not changed."
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
