"""`chat-admin db copy` to PostgreSQL and back: all rows are equal, and memory is bounded."""

import json
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.clock import Clock
from app.db.database import Database, parse_database_url
from app.db.models import Base
from tests.peak_memory import run_measured
from tests.postgres import Postgres
from tests.story import Story

LIMIT = 150  # MiB
BATCH = 1_000  # messages
WORDS = (Path(__file__).parents[3] / "docs" / "architecture.md").read_text().split()


@pytest.mark.parametrize(
    "count",
    [2_500, pytest.param(1_000_000, marks=[pytest.mark.long, pytest.mark.timeout(3600)])],
)
def test_a_copy_to_postgresql_and_back_is_equal_and_takes_little_memory(
    tmp_path: Path, sqlite_template: Path, postgres: Postgres, count: int
) -> None:
    source = tmp_path / "chat.db"
    source.write_bytes(sqlite_template.read_bytes())
    fill(source, count)
    with postgres.database("template0") as url:
        middle = url.render_as_string(hide_password=False)
        first = copy(tmp_path, "chat.db", middle)
        second = copy(tmp_path, middle, "back.db")
    assert first["event"] == second["event"]
    assert first["event"]["rows"] == count + 1
    assert list(find_differences(source, tmp_path / "back.db")) == ["audit"]


def fill(path: Path, count: int) -> None:
    """Store messages of 3 to 20 words, every tenth with letters that are not ASCII."""
    rng = random.Random(count)
    with closing(Database(parse_database_url(str(path)))) as database:
        story = Story(database, Clock())
        room = story.create_room("#tea")
        for first in range(0, count, BATCH):
            numbers = range(first, min(first + BATCH, count))
            story.say(room, "anna", *(write(rng, number) for number in numbers), account="anna")


def write(rng: random.Random, number: int) -> str:
    """Quote some consecutive words."""
    first = rng.randrange(len(WORDS) - 20)
    words = " ".join(WORDS[first : first + rng.randint(3, 20)])
    return words if number % 10 else f"{words} Čaj"


def copy(folder: Path, source: str, target: str) -> dict[str, Any]:
    """Copy a database, and return what was copied of each table."""
    start = time.perf_counter()
    ended, peak = run_measured(folder, "db", "copy", source, target, "--json")
    seconds = time.perf_counter() - start
    tables = {table["table"]: table for table in json.loads(ended.stdout)["tables"]}
    print(f"{tables['event']['rows'] / seconds:,.0f} messages a second, at most {peak:.0f} MiB, to {target}")
    assert peak < LIMIT
    return tables


def find_differences(one: Path, other: Path) -> Iterator[str]:
    """Return the tables whose rows differ."""
    with closing(sqlite3.connect(one)) as connection:
        connection.execute("ATTACH ? AS other", (str(other),))
        for table in Base.metadata.tables:
            for pair in (("main", "other"), ("other", "main")):
                rows = [f"SELECT * FROM {schema}.{table}" for schema in pair]  # noqa: S608
                if connection.execute(f"{' EXCEPT '.join(rows)} LIMIT 1").fetchone():
                    yield table
