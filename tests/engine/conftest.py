"""Engine harnesses on fresh database files."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.db.database import Database, parse_database_url
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness
from tests.engine.rehashing import File

MakeBench = Callable[..., EngineHarness]


@pytest.fixture
def make_bench(
    tmp_path: Path, sqlite_template: Path, clock: MovedClock, cheap_hashing: None
) -> Iterator[MakeBench]:
    """A factory of harnesses with given settings, each on a file of its own."""
    made: list[EngineHarness] = []

    def make(**settings: object) -> EngineHarness:
        path = shutil.copy(sqlite_template, tmp_path / f"chat-{len(made)}.db")
        made.append(EngineHarness(Database(parse_database_url(str(path))), clock, **settings))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def bench(make_bench: MakeBench) -> EngineHarness:
    """A server without sockets, on the test's clock."""
    return make_bench()


@pytest.fixture
def file(bench: EngineHarness, tmp_path: Path) -> File:
    """The settings file that the server reloads."""
    return File(bench, tmp_path / "serverSetup.json")
