"""The copy of an SQLite database that is saved before an upgrade."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.clock import Clock
from app.db.database import Database, parse_database_url
from app.db.location import find_exposure
from app.db.migration import revisions, schema
from app.db.sqlite.claim import lock_beside
from app.errors import DatabaseRefused, StorageError
from app.events import Event, Kind
from tests.story import record_now


@pytest.fixture(autouse=True)
def no_umask() -> Iterator[None]:
    """Only the modes that the program sets protect new files."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Database:
    """A database one revision behind: the fixture adds a newer migration."""
    database = Database(parse_database_url(str(tmp_path / "chat.db")))
    schema.prepare_database(database)
    scripts = tmp_path / "migrations"
    (scripts / "versions").mkdir(parents=True)
    for source in revisions.scripts_folder().rglob("*.py"):
        (scripts / source.relative_to(revisions.scripts_folder())).write_text(source.read_text())
    (scripts / "versions" / "9999_next.py").write_text(
        f"from alembic import op\nrevision = '9999'\ndown_revision = '{revisions.head()}'\n"
        "def upgrade():\n    op.execute('CREATE TABLE extra (id INTEGER)')\n"
    )
    monkeypatch.setattr(revisions, "scripts_folder", lambda: scripts)
    return database


def copy_of(older: Database, suffix: str = "") -> Path:
    """Return the path of the copy that an upgrade saves."""
    revision = schema.inspect_database(older)[1]
    return Path(f"{older.url.database}.before-upgrade-from-{revision}{suffix}")


def is_private(path: Path) -> bool:
    """Return whether only the owner has access."""
    return not path.stat().st_mode & 0o077


def upgrade(older: Database) -> Path | None:
    """Upgrade the database and return the copy."""
    try:
        return schema.prepare_database(older)
    finally:
        older.close()


def overwrite(path: Path) -> None:
    """Put another file at the path of the copy."""
    path.write_text("precious")


def tear(path: Path) -> None:
    """Leave half of a copy, as programs do that do not rename a complete one."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 8192 * 4096])


def damage(path: Path) -> None:
    """Overwrite some pages of the copy."""
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"x" * 4096 * 3)


def age(path: Path) -> None:
    """Leave a copy that lacks the latest event."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM event WHERE id = (SELECT max(id) FROM event)")


def test_older_database_is_backed_up_before_an_upgrade(older: Database) -> None:
    expected = copy_of(older)
    assert upgrade(older) == expected
    assert is_private(expected)
    state = schema.inspect_database(Database(parse_database_url(str(expected))))[0]
    assert state is schema.DatabaseState.OLDER
    assert schema.inspect_database(older) == (schema.DatabaseState.CURRENT, "9999")


def test_finished_copy_is_used_again(older: Database) -> None:
    """The upgrade was interrupted after the copy, any number of times."""
    copy = older.dialect.back_up(older.url, schema.inspect_database(older)[1] or "")
    assert copy is not None
    copy.chmod(0o644)
    before = copy.stat()
    assert upgrade(older) == copy
    assert (copy.stat().st_ino, copy.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert is_private(copy)
    assert list(copy.parent.glob("chat.db.before-*")) == [copy]


@pytest.mark.parametrize("change", [overwrite, tear, damage, age])
def test_file_that_is_not_a_current_copy_is_kept(older: Database, change: Callable[[Path], None]) -> None:
    record_now(older, Clock(), [Event(Kind.PRIVMSG, nick="anna", target="bob", text="hi")])
    revision = schema.inspect_database(older)[1] or ""
    copy = older.dialect.back_up(older.url, revision)
    assert copy is not None
    change(copy)
    before = copy.read_bytes()
    other = copy_of(older, ".2")
    assert upgrade(older) == other
    assert is_private(other)
    assert copy.read_bytes() == before
    assert sorted(copy.parent.glob("chat.db.before-*")) == [copy, other]


def test_remains_of_an_interrupted_copy_are_replaced(older: Database) -> None:
    partial = copy_of(older, ".partial")
    for remains in (partial, Path(f"{partial}-journal")):
        remains.write_text("half a page")
        remains.chmod(0o644)
    copy = upgrade(older)
    assert copy is not None
    assert list(copy.parent.glob("chat.db.before-*")) == [copy]
    assert is_private(copy)


def test_link_in_place_of_the_copy_is_not_followed(older: Database, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    copy_of(older).symlink_to(target)
    copy_of(older, ".2.partial").symlink_to(target)
    expected = copy_of(older, ".2")
    assert upgrade(older) == expected
    assert target.read_text() == "precious"
    assert not expected.is_symlink()


def test_two_programs_do_not_write_the_copy_at_once(older: Database) -> None:
    with lock_beside(Path(older.url.database or "")), pytest.raises(DatabaseRefused, match="Another server"):
        upgrade(older)
    assert schema.inspect_database(older)[0] is schema.DatabaseState.OLDER


def test_failed_copy_leaves_the_database_and_nothing_else(older: Database) -> None:
    copy_of(older, ".partial").mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        upgrade(older)
    assert schema.inspect_database(older)[0] is schema.DatabaseState.OLDER


@pytest.mark.parametrize("existing", [None, b""])
def test_files_of_a_new_database_are_private(tmp_path: Path, existing: bytes | None) -> None:
    path = tmp_path / "chat.db"
    if existing is not None:
        path.write_bytes(existing)
    database = Database(parse_database_url(str(path)))
    schema.prepare_database(database)
    with closing(database.dialect.claim(database.engine)):
        files = sorted(file.name for file in tmp_path.iterdir())
        assert files == ["chat.db", "chat.db-shm", "chat.db-wal", "chat.db.lock"]
        assert all(is_private(file) for file in tmp_path.iterdir())
    database.close()


def test_files_that_others_can_read_are_reported(sqlite_template: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(sqlite_template, tmp_path / "chat.db"))
    database = Database(parse_database_url(str(path)))
    path.chmod(0o640)
    assert find_exposure(database) is None
    path.chmod(0o644)
    assert str(path) in (find_exposure(database) or "")
