"""A killed upgrade starts again, and other users can never read its files."""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.db.database import Database, parse_database_url
from app.db.migration import migrate, revisions
from tests.process.server_process import PROGRAM, Server, environment
from tests.waiting import eventually

FIRST = "0001"
EVENTS = 20_000
DEADLINE_SECONDS = 60.0
COPY = f"chat.db.before-upgrade-from-{FIRST}"
INSERT_ROOM = (
    "INSERT INTO room VALUES (7, '#general', '#general', '', '', NULL, 'nt', NULL, NULL, NULL, 1, 1)"
)
INSERT_EVENT = (
    "INSERT INTO event VALUES (?, 'privmsg', ?, 7, NULL, 1, 'anna', 'a', 'h', NULL, '#general', ?, NULL)"
)


@pytest.fixture(autouse=True)
def no_umask() -> Iterator[None]:
    """Only the modes that the program sets protect new files."""
    before = os.umask(0)
    yield
    os.umask(before)


def create_first_schema(path: Path) -> None:
    """Create a database as the first version did, with a history."""
    database = Database(parse_database_url(str(path)))
    database.dialect.create_file(database.url)
    settings = migrate.config(database.url)
    with database.locked() as connection:
        settings.attributes["connection"] = connection
        migrate.command.upgrade(settings, FIRST)
    database.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(INSERT_ROOM)
        connection.executemany(INSERT_EVENT, ((n, n, f"text {n} " * 15) for n in range(1, EVENTS + 1)))


def query(path: Path, statement: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def assert_private(folder: Path) -> None:
    """Check that nobody but the owner has access to any file of the database, at this moment."""
    for file in folder.glob("chat.db*"):
        try:
            mode = file.stat().st_mode
        except FileNotFoundError:  # renamed or deleted in the meantime
            continue
        assert not mode & 0o077, file


def copy_begins(folder: Path) -> bool:
    """The copy has its first pages."""
    partial = folder / f"{COPY}.partial"
    return (partial.exists() and partial.stat().st_size > 0) or (folder / COPY).exists()


def copy_is_complete(folder: Path) -> bool:
    """The copy has its name."""
    return (folder / COPY).exists()


def tables_are_rebuilt(folder: Path) -> bool:
    """The upgrade has written to the write-ahead log."""
    log = folder / "chat.db-wal"
    return copy_is_complete(folder) and log.exists() and log.stat().st_size > 1 << 20


def kill_upgrade(folder: Path, moment: Callable[[Path], bool]) -> None:
    """Start the server, and kill it once the moment has come."""
    command = [PROGRAM, "run", "-p", "0", "-d", "chat.db"]
    process = subprocess.Popen(command, cwd=folder, env=environment(), stderr=subprocess.DEVNULL)

    def has_come() -> bool:
        assert_private(folder)
        return moment(folder) or process.poll() is not None

    try:
        eventually(has_come, DEADLINE_SECONDS)
        assert process.poll() is None, "it is still running"
    finally:
        process.kill()
        process.wait()


@pytest.mark.timeout(180)
def test_killed_upgrade_starts_again(tmp_path: Path) -> None:
    create_first_schema(tmp_path / "chat.db")
    for moment in (copy_begins, copy_begins, copy_is_complete, tables_are_rebuilt):
        kill_upgrade(tmp_path, moment)
    with Server(tmp_path) as server:
        assert_private(tmp_path)
        assert server.end() == 0
    assert [file.name for file in tmp_path.glob(f"{COPY}*")] == [COPY]
    for name, revision in ((COPY, FIRST), ("chat.db", revisions.head())):
        assert query(tmp_path / name, "PRAGMA integrity_check") == [("ok",)]
        assert query(tmp_path / name, "SELECT version_num FROM alembic_version") == [(revision,)]
        assert query(tmp_path / name, "SELECT count(*) FROM event WHERE kind = 'privmsg'") == [(EVENTS,)]
