"""Every row that differs from what the log says is found, and no other is reported."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.database import Database, parse_database_url
from app.services.replay import verification
from app.services.replay.rules import DERIVED_TABLES
from tests.conftest import MovedClock
from tests.engine.attacks.test_fuzz import no_faults
from tests.engine.deeds import DEEDS, WHO, do
from tests.engine.harness import EngineHarness
from tests.engine.storage.test_restart import new_bench
from tests.lived_chat import live

CHANGES = [
    ("account", "UPDATE account SET role = 'admin' WHERE name = 'anna'", "column role of the row"),
    ("application", "UPDATE application SET expires = 1", "column expires"),
    ("certificate", "DELETE FROM certificate", f"lacks the row {'f' * 64}"),
    ("invitation", "UPDATE invitation SET uses = 99", "column uses of the row 5"),
    ("ban", "DELETE FROM ban", "lacks the row 6"),
    ("account_metadata", "UPDATE account_metadata SET value = 'x'", "column value"),
    ("room", "UPDATE room SET topic = 'Earl Grey' WHERE key = '#tea'", "column topic"),
    ("room", "UPDATE room SET modes = '' WHERE key = '#tea'", "column modes"),
    ("room", "UPDATE room SET password = NULL WHERE key = '#tea'", "column password"),
    ("room_mask", "DELETE FROM room_mask", "evil!*@*"),
    ("room_metadata", "UPDATE room_metadata SET value = 'green'", "column value"),
    ("room_retention", "UPDATE room_retention SET days = 1", "column days"),
    ("room_role", "DELETE FROM room_role WHERE role = 'o'", "lacks the row"),
    ("session", "UPDATE session SET away = NULL", "column away"),
    ("membership", "UPDATE membership SET roles = '' WHERE roles = 'v'", "column roles"),
    ("membership", "INSERT INTO membership SELECT 9, id, 'o' FROM room WHERE key = '#tea'", "has the row 9/"),
    ("session", "UPDATE session SET modes = ''", "column modes"),
    ("session_node", "UPDATE session_node SET node = 'other'", "session_node"),
    ("session_metadata", "DELETE FROM session_metadata", "lacks the row"),
    ("room_invitation", "DELETE FROM room_invitation", "lacks the row"),
    ("room_stay", "UPDATE room_stay SET since = since - 1", "column since"),
    ("last_visit", "DELETE FROM last_visit", "lacks the row"),
    ("correspondent", "UPDATE correspondent SET last_at = 1", "column last_at"),
    ("read_marker", "UPDATE read_marker SET at = 1", "column at"),
    ("private_metadata", "DELETE FROM private_metadata", "soju.im/pinned"),
    ("audit", "DELETE FROM audit WHERE action = 'room.topic'", "lacks the entry room.topic #tea"),
]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with rows in all derived tables."""
    path = tmp_path_factory.mktemp("lived") / "chat.db"
    bench = EngineHarness.fresh(path, MovedClock())
    live(bench)
    bench.close()
    return path


def find_derivation_problems(path: Path) -> list[str]:
    """Return the problems in an SQLite file."""
    with closing(Database(parse_database_url(str(path)))) as database:
        return verification.find_derivation_problems(database)


def execute(path: Path, *statements: str) -> None:
    """Change a database as no program of ours does."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_tables_of_a_lived_chat_equal_a_replay(lived: Path) -> None:
    assert find_derivation_problems(lived) == []


def test_every_derived_table_is_tested(lived: Path) -> None:
    assert {table.name for table in DERIVED_TABLES} | {"audit"} == {table for table, *_ in CHANGES}
    with closing(sqlite3.connect(lived)) as connection:
        for table in DERIVED_TABLES:
            count = connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]  # noqa: S608
            assert count > 0, table.name


@pytest.mark.parametrize(
    ("table", "statement", "problem"), CHANGES, ids=[change[1][:40] for change in CHANGES]
)
def test_a_changed_row_is_found(
    table: str, statement: str, problem: str, lived: Path, tmp_path: Path
) -> None:
    path = tmp_path / "chat.db"
    shutil.copy(lived, path)
    execute(path, statement)
    found = find_derivation_problems(path)
    assert found
    assert all(problem in one for one in found), found
    assert all(table in one or "audit log" in one for one in found)


def test_only_what_follows_the_start_of_the_replay_is_compared(lived: Path, tmp_path: Path) -> None:
    """An older version may have left other rows; later changes are still found."""
    path = tmp_path / "chat.db"
    shutil.copy(lived, path)
    execute(
        path,
        "INSERT INTO replay_start SELECT min(id) FROM event WHERE kind = 'topic'",
        "UPDATE room SET topic = 'Earl Grey'",
    )
    assert find_derivation_problems(path) == []
    execute(path, "DELETE FROM ban")
    assert find_derivation_problems(path) == ["The table ban lacks the row 6, which the log creates."]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    deeds=st.lists(st.tuples(WHO, DEEDS), max_size=40),
    share=st.floats(0, 1),
    removed=st.sets(st.integers(0, 60)),
)
def test_events_may_be_removed_from_the_start(
    cheap_hashing: None, deeds: list[tuple[str, str]], share: float, removed: set[int]
) -> None:
    """Retention removes events of rooms, in any order: what remains is never reported as wrong."""
    with new_bench() as bench, no_faults():
        for name, deed in deeds:
            do(bench, name, deed)
        path = Path(str(bench.database))
        assert find_derivation_problems(path) == []
        last = bench.core.runtime.ledger.last_id
        numbers = ", ".join(str(number) for number in removed if number < last * share)
        execute(path, f"DELETE FROM event WHERE room_id IS NOT NULL AND id IN ({numbers})")  # noqa: S608
        assert find_derivation_problems(path) == []


def test_a_database_in_use_is_not_changed(cheap_hashing: None, tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    bench = EngineHarness.fresh(path, MovedClock())
    live(bench)
    before = sorted((file.name, file.stat().st_size) for file in tmp_path.iterdir())
    assert find_derivation_problems(path) == []
    assert sorted((file.name, file.stat().st_size) for file in tmp_path.iterdir()) == before
    bench.close()
