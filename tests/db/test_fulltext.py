"""The library of SQLite has what the search of texts needs, or nothing is begun."""

import pytest

from app.db import sqlite
from app.db.database import Database, parse_database_url
from app.errors import DatabaseRefused


def test_an_sqlite_without_trigrams_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sqlite, "_NEEDED", "CREATE VIRTUAL TABLE said USING fts5 (text, tokenize='none such')"
    )
    sqlite._refuse_without_trigrams.cache_clear()
    with pytest.raises(DatabaseRefused, match="Use a Python with SQLite 3"):
        Database(parse_database_url("chat.db"))
    monkeypatch.undo()
    Database(parse_database_url("chat.db")).close()
