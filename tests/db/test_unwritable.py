"""Files that cannot be written, and what the user reads about it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from app.db.database import Database, parse_database_url
from app.db.sqlite import history_file
from app.errors import ChatError, StorageError

MAX_PAGES = 10


@contextmanager
def limited(file: history_file.ExportDatabase) -> Iterator[None]:
    """Let a file grow to a few pages only, as on a full disk."""
    file._connection.execute(f"PRAGMA max_page_count = {MAX_PAGES}")
    yield


def test_an_export_to_a_full_disk_is_refused_with_a_sentence(tmp_path: Path) -> None:
    row = (1, "1", "", "", "", "", "", "", "x" * 100_000, "")
    expected = r"The export cannot be written to .* \(database or disk is full\)"
    with (
        pytest.raises(ChatError, match=expected),
        history_file.create(tmp_path / "out.sqlite") as file,
        limited(file),
    ):
        file.add([row])


def test_a_database_of_another_user_is_not_to_be_tried_again_later(tmp_path: Path) -> None:
    database = Database(parse_database_url(str(tmp_path / "chat.db")))
    with (
        pytest.raises(StorageError, match=r"Run the command as the owner of the file"),
        database.translated_errors(),
    ):
        raise OperationalError("", {}, sqlite3.OperationalError("attempt to write a readonly database"))
