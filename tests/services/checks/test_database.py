"""The checks of the database, of its files and of the disk."""

import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from app.db import location
from app.db.database import Database, parse_database_url
from app.db.migration.schema import DatabaseState
from app.services.checks import database as checks
from app.services.checks.database import (
    check_contents,
    check_disk,
    check_state,
    check_usage,
)
from app.services.checks.files import check_files
from app.services.checks.finding import split_advice
from app.settings import SERVER, resolve
from tests.conftest import MovedClock
from tests.story import Story


def test_a_sound_database_has_no_findings(database: Database, clock: MovedClock) -> None:
    chat = Story(database, clock)
    chat.say(chat.create_room("#tea"), "anna", "hello there")
    result, state = check_state(database)
    assert (result.findings, state) == ((), DatabaseState.CURRENT)
    with database.reading() as session:
        results = [*check_contents(database, session), check_usage(database, session)]
    assert [(result.name, list(result.findings)) for result in results] == [
        ("integrity", []),
        ("schema", []),
        ("log", []),
        ("history", []),
        ("tables", []),
        ("size", []),
    ]


def test_damage_is_found_in_the_right_place(database: Database, clock: MovedClock) -> None:
    chat = Story(database, clock)
    room = chat.create_room("#tea")
    for number in range(3):
        chat.say(room, "anna", f"hello {number}")
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM event WHERE id = 3"))
        connection.execute(text("ALTER TABLE audit ADD COLUMN strange INTEGER"))
    with database.reading() as session:
        found = {result.name: result.findings for result in check_contents(database, session)}
    assert found["integrity"] == []
    assert any("strange" in finding.problem for finding in found["schema"])
    assert "gap between event 2 and event 4" in found["log"][0].problem
    assert [finding.problem for finding in found["history"]] == ["Event 3: Missing from the log."]
    assert all(finding.advice for findings in found.values() for finding in findings)


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    """An empty SQLite database."""
    path = tmp_path / "chat.db"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(0o600)
    return path


@pytest.fixture
def chat_file(file: Path) -> "closing[Database]":
    """An empty database, opened."""
    return closing(Database(parse_database_url(str(file))))


def test_a_write_ahead_log_that_cannot_start_over_is_found(
    chat_file: "closing[Database]", monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_file as database, database.reading() as session:
        (size,) = session.execute(text("PRAGMA page_size")).one()
        monkeypatch.setattr(checks, "MAX_LOG_BYTES", 0)
        with closing(sqlite3.connect(database.url.database or "")) as other:
            other.execute("CREATE TABLE other (x)")
        usage = database.dialect.usage(session.connection())
        assert usage.log_bytes is not None
        assert usage.log_bytes > size
        (finding,) = check_usage(database, session).findings
    assert "write-ahead log" in finding.problem


def test_unused_pages_are_found_if_they_are_worth_it(
    chat_file: "closing[Database]", file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.executescript(
            "CREATE TABLE big (x); INSERT INTO big VALUES (zeroblob(2000000)); DROP TABLE big"
        )
    with chat_file as database, database.reading() as session:
        usage = database.dialect.usage(session.connection())
        assert (usage.free_bytes or 0) >= 2_000_000
        assert check_usage(database, session).findings == []
        monkeypatch.setattr(checks, "MIN_FREE_PAGES_BYTES", 1_000_000)
        (finding,) = check_usage(database, session).findings
    assert "unused pages" in finding.problem
    assert "chat-admin db vacuum" in finding.advice


def test_a_disk_without_room_for_a_copy_is_found(
    chat_file: "closing[Database]", monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_file as database:
        assert check_disk(database, 0).findings == []
        monkeypatch.setattr(location.shutil, "disk_usage", lambda path: SimpleNamespace(free=1 << 20))
        (finding,) = check_disk(database, 1 << 30).findings
    assert "Only 1.0 MiB are free" in finding.problem
    assert finding.advice == "Make room until 1,280 MiB are free."


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none/chat.db", None, "does not exist"),
        ("their.db", b"hello", "is not an SQLite database"),
        (".", None, "is a folder"),
    ],
)
def test_a_database_that_cannot_be_used_is_a_finding(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with closing(Database(parse_database_url(str(path)))) as database:
        result, state = check_state(database)
    (finding,) = result.findings
    assert state is None
    assert words in finding.problem
    assert finding.advice


def test_files_that_others_can_read_or_replace_are_found(file: Path, tmp_path: Path) -> None:
    settings, key = tmp_path / "serverSetup.json", tmp_path / "key.pem"
    settings.write_text(f'{{"password": "open sesame", "tls_key": "{key}"}}')
    key.touch()
    resolved = resolve(SERVER, settings, environment={})
    with closing(Database(parse_database_url(str(file)))) as database:
        for path in (settings, key):
            path.chmod(0o640)
        assert check_files(resolved, database).findings == []
        for path in (file, settings, key):
            path.chmod(0o644)
        tmp_path.chmod(0o777)
        findings = check_files(resolved, database).findings
    for word, finding in zip(("messages", "passwords", "private key", "replace"), findings, strict=True):
        assert word in finding.problem
    assert all("chmod o" in finding.advice for finding in findings)


def test_advice_is_split_from_its_sentence() -> None:
    assert split_advice("It is broken; mend it.", "Wait.").sentence == "It is broken. Mend it."
    assert split_advice("It is broken.", "Wait.").sentence == "It is broken. Wait."
