"""A bench on a new file, for every test of a conversation."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.db.database import Database, url_of
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness
from tests.engine.rehashing import File

MakeBench = Callable[..., EngineHarness]


@pytest.fixture
def make_bench(
    tmp_path: Path, sqlite_template: Path, clock: MovedClock, cheap_hashing: None
) -> Iterator[MakeBench]:
    """Servers with the settings a test chooses, each on a file of its own, all on the clock that it moves."""
    made: list[EngineHarness] = []

    def make(**settings: object) -> EngineHarness:
        path = shutil.copy(sqlite_template, tmp_path / f"chat-{len(made)}.db")
        made.append(EngineHarness(Database(url_of(str(path))), clock, **settings))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def bench(make_bench: MakeBench) -> EngineHarness:
    """A server without sockets, on a clock that the test moves."""
    return make_bench()


@pytest.fixture
def file(bench: EngineHarness, tmp_path: Path) -> File:
    """The settings file that the server reads again."""
    return File(bench, tmp_path / "serverSetup.json")
