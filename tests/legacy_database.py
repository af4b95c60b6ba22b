"""Creates databases of the chat program that this one replaces."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

USERS = [(1, "anna", "tea-for-two"), (2, "Борис", "пароль-1"), (3, "carol", "hunter-2")]
MESSAGES = [
    (1, 1_700_000_000, "anna", "hello"),
    (2, 1_700_000_000, "Борис", "привет"),
    (3, 1_700_000_000, "anna", "same second"),
    (4, 1_700_000_060, "carol", "a minute later"),
]


def old_database(
    path: Path,
    users: Iterable[Sequence[Any]] = USERS,
    messages: Iterable[Sequence[Any]] = MESSAGES,
    table: str = "user",
    wal: bool = False,
) -> Path:
    """Create a legacy database; `table` is the spelling of the user table's name."""
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode={'WAL' if wal else 'DELETE'}")
    connection.execute(f'CREATE TABLE "{table}" (UserId INTEGER PRIMARY KEY, UserName, UserPassword)')
    connection.execute(
        "CREATE TABLE message (MessageId INTEGER PRIMARY KEY, MessageTime, MessageAuthor, MessageContent)"
    )
    add(connection, table, users, messages)
    connection.close()
    return path


def add(
    connection: sqlite3.Connection,
    table: str = "user",
    users: Iterable[Sequence[Any]] = (),
    messages: Iterable[Sequence[Any]] = (),
) -> None:
    """Insert rows into a legacy database."""
    connection.executemany(f'INSERT INTO "{table}" VALUES (?, ?, ?)', users)  # noqa: S608
    connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?)", messages)
    connection.commit()
