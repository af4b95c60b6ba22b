"""Fixtures for all tests: an empty chat database, on SQLite and on PostgreSQL.

A test that uses `database` runs twice. PostgreSQL starts with the first test that needs it; if it
cannot start, those tests fail.
"""

import gc
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import URL

from app.clock import Clock
from app.db.database import Database, parse_database_url
from app.process import GC_THRESHOLD_OBJECTS
from app.services.accounts import passwords
from tests.chat_file import create_chat_file
from tests.postgres import Postgres

gc.set_threshold(GC_THRESHOLD_OBJECTS)  # as in the programs; collecting tests creates many objects

DIALECTS = ("sqlite", "postgresql")


class MovedClock(Clock):
    """A clock that advances only when the test sets `instant`."""

    def __init__(self, now: int = 1_795_000_000_000) -> None:
        self.instant = now
        self.suspended_seconds = 0.0  # of a suspended machine
        self.paused_seconds = 0.0  # of a paused virtual machine, whose time of day was set afterwards

    def now(self) -> int:
        """Return the instant set by the test, in milliseconds since the epoch."""
        return self.instant

    def monotonic(self) -> float:
        """Return the same instant in seconds, without those of the suspensions and pauses."""
        return self.boottime() - self.suspended_seconds

    def boottime(self) -> float:
        """Return the same instant in seconds, without those of the pauses."""
        return self.instant / 1000 - self.paused_seconds


@pytest.fixture(scope="session", autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the client's files and settings of whoever runs the tests out of them."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            environment.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(scope="session", autouse=True)
def default_signals() -> None:
    """Let signals end programs under test: a background job of a shell inherits them as ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def clock() -> MovedClock:
    """A clock that the test controls."""
    return MovedClock()


@pytest.fixture
def cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make Argon2 cheap: the same algorithm with minimal parameters."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this test run, shared by all workers."""
    server = Postgres(os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid())))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the whole schema, to be copied."""
    return create_chat_file(tmp_path_factory.mktemp("template") / "chat.db")


@pytest.fixture(params=DIALECTS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """The URL of an empty chat database, once for each dialect."""
    if request.param == "sqlite":
        path = tmp_path / "chat.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield parse_database_url(str(path))
    else:
        with request.getfixturevalue("postgres").database() as address:
            yield address


@pytest.fixture
def claimed_database(postgres: Postgres) -> Iterator[Database]:
    """A database on PostgreSQL, claimed by this process."""
    with (
        postgres.database() as url,
        closing(Database(url)) as database,
        closing(database.dialect.claim(database.engine)),
    ):
        yield database


@pytest.fixture(params=DIALECTS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """The URL of a database without a schema, once for each dialect."""
    if request.param == "sqlite":
        yield parse_database_url(str(tmp_path / "new.db"))
    else:
        with request.getfixturevalue("postgres").database("template0") as address:
            yield address


@pytest.fixture
def database(url: URL) -> Iterator[Database]:
    """An open, empty chat database; the test runs once on each dialect."""
    database = Database(url)
    yield database
    database.close()
