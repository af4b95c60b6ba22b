"""A chat database, and backups of it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.db.database import Database, parse_database_url
from app.services.backup.creation import NewBackup, create_backup
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness
from tests.lived_chat import live

VERSION = "1.2.3"
BackUp = Callable[[], NewBackup]


@pytest.fixture(scope="session")
def lived_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database with rows in all derived tables."""
    path = tmp_path_factory.mktemp("lived") / "chat.db"
    bench = EngineHarness.fresh(path, MovedClock())
    live(bench)
    bench.close()
    return path


@pytest.fixture
def lived(lived_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A copy of that database."""
    database = Database(parse_database_url(str(shutil.copy(lived_template, tmp_path / "chat.db"))))
    yield database
    database.close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder for backups."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


@pytest.fixture
def back_up(lived: Database, place: Path, clock: MovedClock) -> BackUp:
    """A function that creates a backup in the folder, a second after the one before."""

    def create() -> NewBackup:
        clock.instant += 1000
        return create_backup(lived, place, clock, VERSION, lambda done, total: None)

    return create
