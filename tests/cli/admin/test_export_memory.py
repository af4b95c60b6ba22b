"""An export of any length takes constant memory, measured on the real program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.services.export import FORMAT_NAMES
from tests.story import Story

MEASURED = """
import atexit, sys
from pathlib import Path
from app.cli.admin import main

def tell():
    sys.stderr.write(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

atexit.register(tell)
main()
"""
LIMIT = 150  # MiB
MANY = """
WITH RECURSIVE number(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM number WHERE n <= {count})
INSERT INTO event (id, kind, at, room_id, nick, "user", host, target, text)
SELECT n, 'privmsg', 1700000000000 + n * 1000, {room}, 'anna', 'u', 'h', '#tea',
       'message number ' || n || ' says what a message of the usual length says' FROM number
"""


def fill(story: Story, count: int) -> None:
    """Put many messages into one room, faster than by saying them."""
    room = story.create_room("#tea")
    with story.database.engine.begin() as connection:
        connection.exec_driver_sql(MANY.format(count=count, room=room))


def peak(folder: Path, form: str, count: int) -> float:
    """Export in a program of its own. Returns its greatest resident size in MiB.

    The program reports it itself: `wait4` would include the size of the parent.
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", MEASURED, "export-history", "--format", form, "--out", f"out.{form}"]
    ended = subprocess.run(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, check=True
    )
    said, _, kibibytes = ended.stderr.splitlines()
    assert said == f"Wrote {count} lines to out.{form}."
    return int(kibibytes) / 1024


def test_export_memory_does_not_grow_with_the_history(chat: Story, folder: Path) -> None:
    fill(chat, 1_000)
    short = peak(folder, "json", 1_000)
    with chat.database.engine.begin() as connection:
        for table in ("event", "hash_chain", "room"):
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608
    fill(chat, 60_000)
    assert peak(folder, "json", 60_000) < min(short + 20, LIMIT)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("form", FORMAT_NAMES)
def test_exporting_a_million_messages_stays_under_the_limit(form: str, chat: Story, folder: Path) -> None:
    fill(chat, 1_000_000)
    assert peak(folder, form, 1_000_000) < LIMIT
