"""Damage to a backup is found, wherever it is."""

import json
import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.db.migration import revisions
from app.errors import DatabaseRefused, NotFound
from app.services.backup.manifest import manifest_path, read_manifest, write_manifest
from app.services.backup.verification import find_size_problems, verify_backup
from tests.lived_chat import TEXT
from tests.services.backup.conftest import BackUp

FLIPS = 300
CHANGED = "The SHA-256 of the file is not that of the manifest: its contents have changed."


@pytest.fixture
def backup(back_up: BackUp) -> Path:
    """A sound backup."""
    return back_up().file


def execute(path: Path, *statements: str) -> None:
    """Change a backup, and adapt its manifest, so that only the contents tell."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def problems(path: Path) -> list[str]:
    """Return the problems of a backup besides that its contents have changed."""
    return [problem for problem in verify_backup(path).problems if problem != CHANGED]


def test_a_sound_backup_has_no_problem_and_is_not_changed(backup: Path) -> None:
    before = backup.read_bytes()
    assert verify_backup(backup).problems == []
    assert backup.read_bytes() == before
    assert len(list(backup.parent.iterdir())) == 2


def test_every_flipped_byte_is_found(backup: Path) -> None:
    manifest = read_manifest(backup)
    places = random.Random().sample(range(manifest.bytes), FLIPS)
    with backup.open("r+b") as file:
        for place in places:
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1 << place % 8]))
            file.flush()
            assert find_size_problems(backup, manifest) == [CHANGED], place
            file.seek(place)
            file.write(bytes([byte]))
            file.flush()
    assert find_size_problems(backup, manifest) == []


@pytest.mark.parametrize("page", [0, 1, 5, 20])
def test_overwritten_pages_are_reported_in_sentences(page: int, backup: Path) -> None:
    with backup.open("r+b") as file:
        file.seek(4096 * page)
        file.write(b"x" * 4096)
    found = verify_backup(backup).problems
    assert CHANGED in found
    assert all(problem.endswith(".") for problem in found), found


def test_a_truncated_backup_is_reported(backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:50_000])
    found = verify_backup(backup).problems
    assert found[0].startswith("The file has 50000 bytes, but the manifest says ")


def test_a_missing_or_damaged_manifest_is_a_problem(backup: Path) -> None:
    path = manifest_path(backup)
    for text, reason in (
        ("{", "is damaged"),
        ("[]", "is damaged"),
        (json.dumps({"format": 1}), "is damaged"),
        (json.dumps({"format": 99}), "was written by a newer version"),
    ):
        path.write_text(text)
        (problem,) = verify_backup(backup).problems
        assert reason in problem
    path.unlink()
    (problem,) = verify_backup(backup).problems
    assert problem == f"{backup} has no manifest: {path} does not exist."


def test_a_missing_backup_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"none\.db does not exist"):
        verify_backup(tmp_path / "none.db")


def test_lost_rows_are_found_by_their_number_and_position(backup: Path) -> None:
    execute(backup, "DELETE FROM event WHERE id = (SELECT max(id) FROM event)", "DELETE FROM audit")
    found = problems(backup)
    assert any(problem.startswith("The log ends at ") for problem in found)
    assert any(problem.startswith("The table event has ") for problem in found)
    assert any(problem.startswith("The table audit has 0 rows, but ") for problem in found)


def test_a_gap_in_the_log_is_found(backup: Path) -> None:
    execute(backup, "DELETE FROM event WHERE id = 7")
    assert any("has a gap between event 6 and event 8" in problem for problem in problems(backup))


def test_rows_that_differ_from_the_log_are_found(backup: Path) -> None:
    execute(backup, "UPDATE room SET topic = 'Earl Grey' WHERE key = '#tea'")
    (problem,) = problems(backup)
    assert problem.startswith("The column topic of the row ")


def test_a_message_that_search_does_not_find_is_a_problem(backup: Path) -> None:
    execute(backup, "UPDATE spoken_index_end SET position = (SELECT max(id) FROM event)")
    execute(backup, "INSERT INTO spoken_index (spoken_index) VALUES ('delete-all')")
    assert any("is missing from the full-text index" in problem for problem in problems(backup))
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT count(*) FROM event WHERE text = ?", (TEXT,)).fetchone() == (1,)


def test_a_changed_schema_is_a_problem(backup: Path) -> None:
    execute(backup, "ALTER TABLE room ADD COLUMN extra INTEGER")
    assert any("The schema differs" in problem for problem in problems(backup))


def test_a_file_of_another_program_is_a_problem(backup: Path) -> None:
    backup.unlink()
    execute(backup, "CREATE TABLE other (x)")
    assert "The file is not a chat database." in problems(backup)
    backup.write_text("no database")
    assert "The file cannot be read as an SQLite database." in problems(backup)


def test_a_backup_of_an_older_version_is_checked_without_the_models(backup: Path) -> None:
    older = revisions.known()[-2]
    execute(
        backup,
        f"UPDATE alembic_version SET version_num = {older!r}",  # noqa: S608
        "DROP TABLE replay_start",
    )
    manifest = read_manifest(backup)
    tables = {name: count for name, count in manifest.tables.items() if name != "replay_start"}
    write_manifest(backup, replace(manifest, revision=older, tables=tables))
    assert problems(backup) == []
    execute(backup, "DELETE FROM account WHERE name = 'root'")
    assert any(problem.startswith("The table account has ") for problem in problems(backup))


def test_a_backup_of_a_newer_version_is_refused(backup: Path) -> None:
    execute(backup, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseRefused, match="was written by a newer version"):
        verify_backup(backup)


def test_a_changed_message_is_found_by_the_hash_chain(backup: Path) -> None:
    execute(backup, f"UPDATE event SET nick = 'mallory' WHERE text = '{TEXT}'")  # noqa: S608
    (problem,) = problems(backup)
    assert "An event or the digest of the batch was altered." in problem


def test_another_log_than_that_of_the_manifest_is_found(backup: Path) -> None:
    manifest = read_manifest(backup)
    write_manifest(backup, replace(manifest, digest="0" * 64))
    (problem,) = problems(backup)
    assert problem.endswith("The log is not the one whose digest is known.")
