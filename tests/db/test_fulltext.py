"""An SQLite library without full-text search is refused."""

import pytest

from app.db import sqlite
from app.db.database import Database, parse_database_url
from app.errors import DatabaseRefused


def test_sqlite_without_trigram_tokenizer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sqlite, "_TRIGRAM_TABLE", "CREATE VIRTUAL TABLE said USING fts5 (text, tokenize='none such')"
    )
    sqlite._require_trigram_support.cache_clear()
    with pytest.raises(DatabaseRefused, match="Use a Python with SQLite 3"):
        Database(parse_database_url("chat.db"))
    monkeypatch.undo()
    Database(parse_database_url("chat.db")).close()
