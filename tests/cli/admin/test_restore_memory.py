"""Restoring a backup of any length takes constant memory, measured on the real program."""

import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.db.chain.build import build_chain
from app.db.database import Database, parse_database_url
from app.db.log import get_last_id
from app.services.checks.database import check_contents
from tests.cli.admin.test_export_memory import LIMIT, fill
from tests.peak_memory import run_measured
from tests.postgres import Postgres
from tests.story import Story

COUNTS = [2_000, pytest.param(1_000_000, marks=pytest.mark.long)]


def fill_and_close(chat: Story, count: int) -> None:
    """Put many messages into a room and the hash chain."""
    fill(chat, count)
    with chat.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM hash_chain")
    build_chain(chat.database, chat.clock, lambda done: None)
    chat.database.close()


def run_backup(folder: Path, *command: str) -> None:
    """Run `chat-admin backup` within the limit, and print what it took."""
    start = time.perf_counter()
    _, peak = run_measured(folder, "backup", *command)
    print(f"backup {command[0]}: {time.perf_counter() - start:.0f} s, at most {peak:.0f} MiB")
    assert peak < LIMIT


def check_restored(dbname: str, count: int) -> None:
    """Check that a restored database has the messages and no problems."""
    with closing(Database(parse_database_url(dbname))) as restored, restored.snapshot() as connection:
        results = check_contents(restored, Session(connection))
        assert [finding for result in results for finding in result.findings] == []
        assert get_last_id(connection) == count + 1


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("count", COUNTS)
def test_a_backup_of_any_length_is_restored(count: int, chat: Story, folder: Path) -> None:
    fill_and_close(chat, count)
    run_backup(folder, "create", "saved.db")
    run_backup(folder, "restore", "saved.db", "--to", "new.db")
    check_restored("new.db", count)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("count", COUNTS)
def test_a_backup_of_any_length_is_restored_to_postgresql(
    count: int, chat: Story, folder: Path, postgres: Postgres
) -> None:
    fill_and_close(chat, count)
    run_backup(folder, "create", "saved.db")
    with postgres.database("template0") as url:
        dbname = url.render_as_string(hide_password=False)
        run_backup(folder, "restore", "saved.db", "--to", dbname)
        check_restored(dbname, count)
