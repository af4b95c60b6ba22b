"""A restored backup is the database it was made of, in an empty place or an old one's."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from app.db.database import Database, parse_database_url
from app.db.migration import schema
from app.db.sqlite.replacement import claimed_file
from app.errors import AlreadyExists, DatabaseRefused, StorageError
from app.services.administration.audit import find_latest_entries
from app.services.backup import restoring
from app.services.backup.creation import NewBackup, create_backup
from app.services.backup.records import list_known_backups
from app.services.backup.restoring import Restore
from app.services.backup.verification import count_rows, verify_backup
from app.services.stats import find_problems
from tests.conftest import MovedClock
from tests.postgres import Postgres
from tests.services.backup.conftest import VERSION, BackUp

NEW_ROWS = {"audit": 1, "backup": 1}  # which the restoring adds
MakeRestore = Callable[..., Restore]


@pytest.fixture
def target(empty_url: URL, tmp_path: Path) -> Iterator[Database]:
    """An empty place for a database, on each dialect."""
    database = Database(empty_url)
    yield database
    database.close()


@pytest.fixture
def backup(back_up: BackUp) -> NewBackup:
    """A backup of a chat in which everything has happened."""
    return back_up()


@pytest.fixture
def make(backup: NewBackup, target: Database, clock: MovedClock) -> MakeRestore:
    """A function that prepares a restoring into the target."""

    def prepare(replace: bool = False) -> Restore:
        return Restore(backup.file, backup.manifest, target, clock, "admin:me", replace)

    return prepare


def quiet(done: int, total: int) -> None:
    """Show no progress."""


def rows(database: Database) -> dict[str, int]:
    """Return the number of rows of each table."""
    with database.engine.connect() as connection:
        return count_rows(connection)


def change(database: Database) -> None:
    """Make a database different from its backup."""
    with database.locked() as connection:
        connection.execute(text("UPDATE room SET topic = 'Earl Grey'"))


def test_a_backup_is_restored_into_an_empty_database(
    make: MakeRestore, backup: NewBackup, target: Database
) -> None:
    assert make().check() is False
    restored = make().run(quiet)
    assert (restored.position, restored.kept) == (backup.manifest.position, None)
    assert restored.is_indexed is (target.dialect.name == "sqlite")
    assert schema.inspect_database(target)[0] is schema.DatabaseState.CURRENT
    expected = {name: count + NEW_ROWS.get(name, 0) for name, count in backup.manifest.tables.items()}
    assert rows(target) == expected
    with target.reading() as session:
        assert find_problems(session) == []
        (entry,) = find_latest_entries(session, 1)
        assert (entry.actor, entry.action, entry.target) == ("admin:me", "backup.restore", str(backup.file))
        assert entry.detail == {"position": restored.position, "sha256": backup.manifest.sha256}
        assert [known.path for known in list_known_backups(session)] == [str(backup.file)]
    assert verify_backup(backup.file).problems == []


def test_an_existing_database_is_not_touched(make: MakeRestore, target: Database) -> None:
    make().run(quiet)
    change(target)
    before = rows(target)
    with pytest.raises(AlreadyExists, match="already contains a database; nothing was changed"):
        make().run(quiet)
    assert rows(target) == before


def test_an_existing_database_is_set_aside(make: MakeRestore, target: Database) -> None:
    make().run(quiet)
    change(target)
    assert make(replace=True).check() is True
    kept = make(replace=True).run(quiet).kept
    assert kept is not None
    with target.reading() as session:
        assert "Earl Grey" not in session.execute(text("SELECT topic FROM room")).scalars().all()
        assert find_latest_entries(session, 1)[0].detail["replaced"] in kept
    assert "Earl Grey" in topics_aside(target, kept)


def topics_aside(target: Database, kept: str) -> list[str]:
    """Return the topics in the database that was set aside."""
    if target.dialect.name == "sqlite":
        with closing(sqlite3.connect(kept)) as connection:
            return [topic for (topic,) in connection.execute("SELECT topic FROM room")]
    name = kept.removeprefix("the schema ")
    with target.engine.connect() as connection:
        return list(connection.execute(text(f"SELECT topic FROM {name}.room")).scalars())  # noqa: S608


def test_a_server_on_the_target_prevents_a_restoring(make: MakeRestore, target: Database) -> None:
    make().run(quiet)
    before = rows(target)
    holder = Database(target.url)
    with (
        closing(holder),
        closing(holder.dialect.claim(holder.engine)),
        pytest.raises(DatabaseRefused, match="Another server is running"),
    ):
        make(replace=True).run(quiet)
    assert rows(target) == before


def test_a_failure_leaves_the_target_as_it_was(
    make: MakeRestore, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    for replace in (False, True):
        with monkeypatch.context() as patch:
            patch.setattr(restoring.audit, "append", fail)
            with pytest.raises(StorageError, match=r"\(No space left on device\); nothing was changed"):
                make(replace).run(quiet)
        if replace:
            assert rows(target)["room"] == 2
        else:
            assert schema.inspect_database(target)[0] is schema.DatabaseState.MISSING
            make().run(quiet)


# SQLite only


@pytest.fixture
def place_of_file(tmp_path: Path) -> Path:
    """The path of an SQLite file to restore."""
    return tmp_path / "restored.db"


def restore_file(backup: NewBackup, path: Path, clock: MovedClock, replace: bool = False) -> str | None:
    """Restore a backup into a file, and return where the old one is."""
    with closing(Database(parse_database_url(str(path)))) as database:
        return Restore(backup.file, backup.manifest, database, clock, "admin:me", replace).run(quiet).kept


def test_a_restored_file_is_private(backup: NewBackup, place_of_file: Path, clock: MovedClock) -> None:
    before = os.umask(0)
    restore_file(backup, place_of_file, clock)
    os.umask(before)
    found = {file.name: file.stat().st_mode & 0o777 for file in place_of_file.parent.glob("restored*")}
    assert found == {"restored.db": 0o600, "restored.db.lock": 0o600}


def test_the_log_of_the_old_database_goes_with_it(
    backup: NewBackup, place_of_file: Path, clock: MovedClock
) -> None:
    """A killed server leaves a write-ahead log, which must not be applied to the new database."""
    restore_file(backup, place_of_file, clock)
    with closing(sqlite3.connect(place_of_file)) as connection:
        connection.execute("UPDATE room SET topic = 'in the log'")
        connection.commit()
        log = Path(f"{place_of_file}-wal").read_bytes()
    Path(f"{place_of_file}-wal").write_bytes(log)
    kept = restore_file(backup, place_of_file, clock, replace=True)
    assert not Path(f"{place_of_file}-wal").exists()
    with closing(sqlite3.connect(str(kept))) as connection:
        assert connection.execute("SELECT DISTINCT topic FROM room").fetchall() == [("in the log",)]


def test_a_log_that_is_still_read_is_set_aside_too(
    backup: NewBackup, place_of_file: Path, clock: MovedClock
) -> None:
    """A reader of an earlier state prevents SQLite from saving the log to the file."""
    restore_file(backup, place_of_file, clock)
    with closing(sqlite3.connect(place_of_file)) as reader, closing(sqlite3.connect(place_of_file)) as writer:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM room").fetchall()
        writer.execute("UPDATE room SET topic = 'in the log'")
        writer.commit()
        kept = restore_file(backup, place_of_file, clock, replace=True)
    assert Path(f"{kept}-wal").stat().st_size > 0
    with closing(sqlite3.connect(str(kept))) as connection:
        assert connection.execute("SELECT DISTINCT topic FROM room").fetchall() == [("in the log",)]


def test_a_damaged_database_is_set_aside(backup: NewBackup, place_of_file: Path, clock: MovedClock) -> None:
    place_of_file.write_bytes(b"damaged" * 1000)
    with pytest.raises(AlreadyExists):
        restore_file(backup, place_of_file, clock)
    kept = Path(str(restore_file(backup, place_of_file, clock, replace=True)))
    assert kept.read_bytes() == b"damaged" * 1000
    with closing(sqlite3.connect(place_of_file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_foreign_database_is_never_replaced(
    backup: NewBackup, place_of_file: Path, clock: MovedClock
) -> None:
    with closing(sqlite3.connect(place_of_file)) as connection:
        connection.execute("CREATE TABLE other (x)")
    before = place_of_file.read_bytes()
    with pytest.raises(DatabaseRefused, match="belongs to another program"):
        restore_file(backup, place_of_file, clock, replace=True)
    assert place_of_file.read_bytes() == before


def test_no_server_can_start_on_a_missing_file_meanwhile(place_of_file: Path) -> None:
    with claimed_file(place_of_file), pytest.raises(DatabaseRefused), claimed_file(place_of_file):
        pass


# from PostgreSQL


def test_a_backup_of_postgresql_is_a_file_with_the_same_rows(
    backup: NewBackup, postgres: Postgres, place: Path, clock: MovedClock
) -> None:
    with postgres.database("template0") as url, closing(Database(url)) as target:
        Restore(backup.file, backup.manifest, target, clock, "admin:me", replace=False).run(quiet)
        second = create_backup(target, place / "second.db", clock, VERSION, quiet)
    assert second.problems == []
    assert second.manifest.dialect == "postgresql"
    assert second.manifest.digest == backup.manifest.digest
    assert dump(second.file, "spoken_index_end") == [(second.manifest.position,)]
    changed = {"audit", "backup"}
    for name, count in backup.manifest.tables.items():
        if name not in changed:
            assert second.manifest.tables[name] == count
            assert dump(second.file, name) == dump(backup.file, name), name
    names = sorted(file.name for file in place.iterdir())
    assert names[-2:] == ["second.db", "second.db.manifest.json"]
    assert len(names) == 4


def dump(path: Path, table: str) -> list[tuple[object, ...]]:
    """Return the rows of a table."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)  # noqa: S608
