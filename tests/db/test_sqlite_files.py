"""What SQLite itself does to the files of an open database is not taken for a loss."""

import os
import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from app.db.database import Database, parse_database_url
from app.db.sqlite.files import WAL_SIZE_LIMIT_BYTES, WriteAheadLog

COMMITS = 60
THREADS = 4
HEADER = bytes.fromhex("377f0682") + bytes(28)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with one table, which stays open."""
    database = Database(parse_database_url(str(tmp_path / "chat.db")))
    database.dialect.create_file(database.url)
    with database.locked() as connection:
        connection.exec_driver_sql("CREATE TABLE item (text)")
    with closing(database), database.reading() as session:
        session.connection()
        yield database


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads take turns as often as possible."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def append(connection: sqlite3.Connection) -> None:
    """Commit a row of several pages."""
    connection.execute("INSERT INTO item VALUES (hex(randomblob(8000)))")


def open_outside(database: Database) -> sqlite3.Connection:
    """Open a connection as another program does."""
    return sqlite3.connect(database.url.database or "", timeout=20, isolation_level=None)


def test_threads_check_while_the_log_grows(database: Database, eager_threads: None) -> None:
    is_done = False

    def check() -> None:
        while not is_done:
            assert database.dialect.find_lost_files() is None

    with closing(open_outside(database)) as writer, ThreadPoolExecutor(THREADS) as pool:
        checks = [pool.submit(check) for _ in range(THREADS)]
        for _ in range(COMMITS):
            append(writer)
        is_done = True
        for thread in checks:
            thread.result()


@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA wal_checkpoint(PASSIVE)",
        "PRAGMA wal_checkpoint(RESTART)",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "VACUUM",
        "PRAGMA journal_mode=DELETE",  # refused, as the database is in use
        "PRAGMA journal_size_limit=0",
    ],
)
def test_other_program_maintains_the_database(database: Database, statement: str) -> None:
    with closing(open_outside(database)) as outside:
        for _ in range(3):
            append(outside)
            assert database.dialect.find_lost_files() is None
            with suppress(sqlite3.OperationalError):
                outside.execute(statement).fetchall()
            assert database.dialect.find_lost_files() is None


def test_other_program_copies_the_database(database: Database, tmp_path: Path) -> None:
    with closing(open_outside(database)) as outside, closing(sqlite3.connect(tmp_path / "copy")) as copy:
        append(outside)
        outside.backup(copy)
        outside.execute("VACUUM INTO ?", (str(tmp_path / "compact"),))
        assert database.dialect.find_lost_files() is None


@pytest.mark.parametrize("part", [0.0, 0.3, 0.5, 0.9])
def test_truncation_is_noticed_although_the_log_grows_again(database: Database, part: float) -> None:
    log = Path(f"{database.url.database}-wal")
    with closing(open_outside(database)) as outside:
        outside.execute("PRAGMA wal_autocheckpoint=0")
        for _ in range(5):
            append(outside)
            assert database.dialect.find_lost_files() is None
        size = log.stat().st_size
        os.truncate(log, int(size * part))
        append(outside)
        assert log.stat().st_size > size
        assert "truncated" in (database.dialect.find_lost_files() or "")


def test_log_may_shrink_to_its_limit_after_a_new_header(tmp_path: Path) -> None:
    path = tmp_path / "chat.db-wal"
    path.write_bytes(HEADER)
    log = WriteAheadLog.open(str(path))
    assert log is not None
    with closing(log):
        for size in (2 * WAL_SIZE_LIMIT_BYTES, WAL_SIZE_LIMIT_BYTES):
            os.truncate(path, size)
            assert log.is_whole()
            assert log.is_whole()
        os.truncate(path, WAL_SIZE_LIMIT_BYTES - 1)
        assert not log.is_whole()
        os.truncate(path, WAL_SIZE_LIMIT_BYTES)
        assert not log.is_whole(), "the truncated contents do not come back"
