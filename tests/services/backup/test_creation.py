"""Backups are complete, private and verified, and appear only when they are."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from app.atomic_write import replacing
from app.db.database import Database, parse_database_url
from app.db.sqlite import snapshot
from app.errors import AlreadyExists, NotFound, StorageError
from app.services.backup.creation import create_backup
from app.services.backup.listing import list_backups
from app.services.backup.manifest import hash_file, manifest_path, read_manifest
from app.services.backup.naming import partial_file
from app.services.backup.pruning import delete_backups, find_old_backups
from app.services.backup.records import list_known_backups, record_backup, record_verification
from app.services.backup.verification import verify_backup
from tests.conftest import MovedClock
from tests.services.backup.conftest import VERSION, BackUp


@pytest.fixture(autouse=True)
def no_umask() -> Iterator[None]:
    """Only the modes that the program sets protect new files."""
    before = os.umask(0)
    yield
    os.umask(before)


def names(folder: Path) -> list[str]:
    """Return the names of all files in a folder."""
    return sorted(file.name for file in folder.iterdir())


def dump(path: Path) -> dict[str, list[object]]:
    """Return the rows of all tables, and the schema. The search index cannot be read in full."""
    with closing(sqlite3.connect(path)) as connection:
        schema = connection.execute("SELECT name, type, sql FROM sqlite_schema ORDER BY name").fetchall()
        tables = [name for name, kind, _ in schema if kind == "table" and name != "spoken_index"]
        rows = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # noqa: S608
    return rows | {"schema": schema}


def test_a_backup_contains_everything_and_is_private(back_up: BackUp, lived: Database, place: Path) -> None:
    backup = back_up()
    assert backup.problems == []
    assert dump(backup.file) == dump(Path(str(lived)))
    assert names(place) == [backup.file.name, manifest_path(backup.file).name]
    assert [file.stat().st_mode & 0o777 for file in place.iterdir()] == [0o600, 0o600]


def test_a_database_that_cannot_be_read_is_not_blamed_on_the_place(
    back_up: BackUp, lived: Database, place: Path
) -> None:
    lived.close()
    Path(str(lived)).write_bytes(b"not a database " * 1000)
    with pytest.raises(DBAPIError, match="not a database"):
        back_up()
    assert names(place) == []


def test_a_manifest_says_what_a_backup_contains(back_up: BackUp, lived: Database) -> None:
    backup = back_up()
    manifest = read_manifest(backup.file)
    assert manifest == backup.manifest
    assert (manifest.file, manifest.version, manifest.dialect) == (backup.file.name, VERSION, "sqlite")
    assert manifest.database == str(Path(str(lived)).resolve())
    assert manifest.sha256 == hash_file(backup.file)
    assert manifest.position == manifest.tables["event"] > 20
    assert manifest.tables["account"] == 2


def test_writes_during_the_copy_neither_enter_nor_restart_it(lived: Database, place: Path) -> None:
    """Each step is followed by a commit, which makes a copy without a snapshot start again."""
    path = Path(str(lived))
    with closing(sqlite3.connect(path)) as writer, closing(sqlite3.connect(path)) as source:
        source.isolation_level = None
        writer.execute("CREATE TABLE filler AS SELECT hex(zeroblob(2000000)) AS text")
        writer.commit()
        steps = []

        def write(done: int, total: int) -> None:
            steps.append((done, total))
            writer.execute("UPDATE room SET topic = ?", (f"step {len(steps)}",))
            writer.commit()

        snapshot.copy_snapshot(source, path, place / "copy.db", write)
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})
    assert len(steps) > 3
    with closing(sqlite3.connect(place / "copy.db")) as copy:
        assert "step" not in "".join(topic for (topic,) in copy.execute("SELECT topic FROM room"))
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_copy_is_abandoned_before_the_log_fills_the_disk(
    lived: Database, place: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "MAX_LOG_GROWTH_BYTES", 100_000)
    monkeypatch.setattr(snapshot, "PAGES_PER_STEP", 1)
    with closing(sqlite3.connect(str(lived))) as writer:

        def write(done: int, total: int) -> None:
            writer.execute("UPDATE room SET topic = hex(randomblob(5000))")
            writer.commit()

        with pytest.raises(StorageError, match=r"was abandoned: meanwhile .*chat\.db-wal grew"):
            create_backup(lived, place, clock, VERSION, write)
    assert names(place) == []


def test_an_existing_file_is_never_replaced(lived: Database, place: Path, clock: MovedClock) -> None:
    (place / "mine").write_text("precious")
    with pytest.raises(AlreadyExists, match="mine already exists"):
        create_backup(lived, place / "mine", clock, VERSION, lambda done, total: None)
    with pytest.raises(NotFound, match="nowhere does not exist"):
        create_backup(lived, place / "nowhere" / "chat.db", clock, VERSION, lambda done, total: None)
    with pytest.raises(NotFound, match=r"The folder .*/backups does not exist; create it, or name a file"):
        create_backup(lived, place / "backups", clock, VERSION, lambda done, total: None)
    assert names(place) == ["mine"]


def test_backups_of_one_second_get_different_names(back_up: BackUp, clock: MovedClock) -> None:
    first = back_up()
    clock.instant -= 1000
    assert back_up().file.name == f"{first.file.stem}-2.db"


def test_the_remains_of_an_interrupted_backup_are_removed(back_up: BackUp, place: Path) -> None:
    killed = place / "chat-20260101T000000Z.db"
    partial_file(killed).write_text("half")
    lone = manifest_path(place / "chat-20260101T000001Z.db")
    lone.write_text("{}")
    other = place / "notes.partial"
    other.write_text("not ours")
    backup = back_up()
    assert names(place) == [backup.file.name, manifest_path(backup.file).name, "notes.partial"]


def test_a_backup_that_is_being_written_is_left_alone(back_up: BackUp, place: Path) -> None:
    other = place / "chat-20260101T000000Z.db"
    with replacing(other, partial_file(other)) as partial:
        back_up()
        assert partial.exists()


def test_a_second_backup_to_the_same_file_waits_for_its_end(
    lived: Database, place: Path, clock: MovedClock
) -> None:
    file = place / "chat.db"
    with (
        replacing(file, partial_file(file)),
        pytest.raises(StorageError, match="Another backup is being written"),
    ):
        create_backup(lived, file, clock, VERSION, lambda done, total: None)


def test_a_database_with_problems_is_backed_up(back_up: BackUp, lived: Database) -> None:
    with lived.locked() as connection:
        connection.exec_driver_sql("UPDATE room SET topic = 'Earl Grey' WHERE key = '#tea'")
    backup = back_up()
    (problem,) = backup.problems
    assert "column topic" in problem
    assert read_manifest(backup.file).verified is None
    assert verify_backup(backup.file).problems == [problem]


# old backups


def test_an_empty_log_is_backed_up(
    sqlite_template: Path, tmp_path: Path, place: Path, clock: MovedClock
) -> None:
    path = tmp_path / "empty.db"
    path.write_bytes(sqlite_template.read_bytes())
    with closing(Database(parse_database_url(str(path)))) as database:
        backup = create_backup(database, place, clock, VERSION, lambda done, total: None)
    assert (backup.manifest.position, backup.problems) == (0, [])


def test_old_backups_are_deleted(back_up: BackUp, lived: Database, place: Path) -> None:
    backups = [back_up() for _ in range(4)]
    (place / "chat-20000101T000000Z.db").write_text("without a manifest")
    deleted = find_old_backups(lived, place, backups[0].manifest.database, 2)
    delete_backups(deleted)
    assert deleted == [backup.file for backup in backups[:2]]
    listed = [listed.file for listed in list_backups(place)]
    assert listed == [backup.file.name for backup in backups[2:]]
    assert (place / "chat-20000101T000000Z.db").exists()


def test_backups_of_another_database_are_kept(back_up: BackUp, lived: Database, place: Path) -> None:
    backups = [back_up() for _ in range(3)]
    path = manifest_path(backups[0].file)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"database": "/elsewhere/chat.db"}))
    assert find_old_backups(lived, place, backups[1].manifest.database, 1) == [backups[1].file]


def test_unsound_backups_do_not_replace_sound_ones(back_up: BackUp, lived: Database, place: Path) -> None:
    sound = back_up()
    with lived.locked() as connection:
        connection.exec_driver_sql("DELETE FROM ban")
    unsound = back_up()
    assert unsound.problems
    assert find_old_backups(lived, place, sound.manifest.database, 1) == []


# the list of known backups


def test_the_database_knows_its_backups(back_up: BackUp, lived: Database, clock: MovedClock) -> None:
    backups = [back_up(), back_up()]
    for backup in backups:
        record_backup(lived, clock, "admin:me", backup, [])
    with lived.reading() as session:
        known = list_known_backups(session)
    assert [(one.path, one.position, one.exists) for one in known] == [
        (str(backup.file), backup.manifest.position, True) for backup in backups
    ]
    record_backup(lived, clock, "admin:me", back_up(), [backups[0].file])
    clock.instant += 5000
    record_verification(lived, backups[1].manifest, clock.now())
    with lived.reading() as session:
        first, second = list_known_backups(session)
    assert first.path == str(backups[1].file)
    assert first.verified is not None
    assert second.verified is not None
    assert first.verified > second.verified
