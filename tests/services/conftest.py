"""Fixtures for tests of the services: a `Story` on each dialect, and legacy imports."""

from contextlib import closing
from pathlib import Path

import pytest

from app.db.database import Database
from app.db.sqlite.legacy import LegacyDatabase
from app.services.legacy import ImportReport, LegacyImport, importing
from app.services.legacy.rows import ImportLimits
from tests.conftest import MovedClock
from tests.services.legacy.imports import Run
from tests.story import SECRET, Story


@pytest.fixture
def story(database: Database, clock: MovedClock) -> Story:
    """A `Story` that records events in the test's database."""
    return Story(database, clock)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace password hashing, which is slow, with a constant."""
    monkeypatch.setattr(importing, "hash_passwords", lambda passwords: [SECRET for _ in passwords])


@pytest.fixture
def run(story: Story, tmp_path: Path) -> Run:
    """A function that imports a legacy file into the story's database."""

    def import_(
        path: Path = tmp_path / "old.db", room: str = "#general", dry_run: bool = False
    ) -> ImportReport:
        with closing(LegacyDatabase(path)) as old:
            limits = ImportLimits(nick_length=32, message_bytes=4096, now=story.clock.now())
            return LegacyImport(
                old, story.database, story.clock, room, limits, "admin:me", "server", dry_run
            ).run()

    return import_
