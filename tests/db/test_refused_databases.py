"""Databases of other programs or versions are refused unchanged, and so are too old libraries."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from app.db.database import Database, parse_database_url
from app.db.migration import schema
from app.db.postgresql import dialect as postgresql_dialect
from app.db.sqlite import connection_setup
from app.errors import DatabaseRefused, StorageError
from tests.db.test_migrations import alembic


def create_sqlite_file(path: Path, *statements: str) -> Path:
    """Create an SQLite file with plain SQL."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the contents of every file in a folder by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_alembic_command_refuses_a_foreign_database(tmp_path: Path) -> None:
    path = create_sqlite_file(tmp_path / "foreign.db", "CREATE TABLE song (title TEXT)")
    before = read_folder(tmp_path)
    done = alembic("-x", f"db={path}", "upgrade", "head")
    assert (done.returncode, done.stdout) == (1, "")
    assert "belongs to another program" in done.stderr
    assert "Traceback" not in done.stderr
    assert read_folder(tmp_path) == before


def test_missing_folder_is_reported(tmp_path: Path) -> None:
    database = Database(parse_database_url(str(tmp_path / "nowhere" / "chat.db")))
    with pytest.raises(StorageError, match=r"cannot be created \(No such file or directory\)"):
        schema.prepare_database(database)


REFUSED = {
    "foreign": (["CREATE TABLE song (title TEXT)"], "belongs to another program"),
    "legacy": (
        [
            'CREATE TABLE "User" (UserId INTEGER PRIMARY KEY, UserName TEXT, UserPassword TEXT)',
            "CREATE TABLE message (MessageId INTEGER PRIMARY KEY, MessageTime INTEGER)",
        ],
        "import-legacy",
    ),
    "legacy lower case": (
        ['CREATE TABLE "user" (UserId INTEGER)', "CREATE TABLE message (MessageId INTEGER)"],
        "import-legacy",
    ),
    "no version": (
        [
            *("CREATE TABLE event (id INTEGER)", "CREATE TABLE room (id INTEGER)"),
            *("CREATE TABLE account (id INTEGER)", "CREATE TABLE alembic_version (version_num TEXT)"),
        ],
        "belongs to another program",
    ),
    "newer": (
        [
            "CREATE TABLE event (id INTEGER)",
            "CREATE TABLE room (id INTEGER)",
            "CREATE TABLE account (id INTEGER)",
            "CREATE TABLE alembic_version (version_num TEXT)",
            "INSERT INTO alembic_version VALUES ('9999')",
        ],
        r"written by a newer version \(schema 9999\)",
    ),
}


@pytest.mark.parametrize("wal", [False, True], ids=["plain", "wal"])
@pytest.mark.parametrize("name", REFUSED)
def test_foreign_database_is_refused_unchanged(name: str, wal: bool, tmp_path: Path) -> None:
    statements, sentence = REFUSED[name]
    mode = ["PRAGMA journal_mode=WAL"] if wal else []
    path = create_sqlite_file(tmp_path / "foreign.db", *mode, *statements)
    before = read_folder(tmp_path)
    database = Database(parse_database_url(str(path)))
    with pytest.raises(DatabaseRefused, match=sentence):
        schema.prepare_database(database)
    database.close()
    assert read_folder(tmp_path) == before


@pytest.mark.parametrize("content", [b"hello", b"SQLite format 3\0", b"\0" * 5000])
def test_file_that_is_not_a_database_is_refused_unchanged(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(content)
    database = Database(parse_database_url(str(path)))
    with pytest.raises(DatabaseRefused, match="nothing was changed"):
        schema.prepare_database(database)
    database.close()
    assert read_folder(tmp_path) == {"letter.db": content}


def test_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused, match="is a folder"):
        schema.prepare_database(Database(parse_database_url(str(tmp_path))))


def test_foreign_tables_are_refused_on_both_dialects(fresh: Database) -> None:
    if fresh.dialect.name == "sqlite":
        schema.prepare_database(fresh)
    with fresh.engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS event"))
        connection.execute(text("CREATE TABLE song (title TEXT)"))
    with pytest.raises(DatabaseRefused, match="another program"):
        schema.prepare_database(fresh)


def test_an_old_postgresql_is_refused(fresh: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    if fresh.dialect.name == "sqlite":
        pytest.skip("see test_sqlite_without_trigram_tokenizer_is_refused")
    monkeypatch.setattr(postgresql_dialect, "MIN_VERSION", 99)
    with pytest.raises(DatabaseRefused, match=r"is too old; nothing was changed. Use PostgreSQL 99 or newer"):
        schema.prepare_database(fresh)
    monkeypatch.undo()
    assert schema.inspect_database(fresh) == (schema.DatabaseState.MISSING, None)


def test_sqlite_without_trigram_tokenizer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        connection_setup,
        "_TRIGRAM_TABLE",
        "CREATE VIRTUAL TABLE said USING fts5 (text, tokenize='none such')",
    )
    connection_setup.require_trigram_support.cache_clear()
    with pytest.raises(DatabaseRefused, match="Use a Python with SQLite 3"):
        Database(parse_database_url("chat.db"))
    monkeypatch.undo()
    Database(parse_database_url("chat.db")).close()
