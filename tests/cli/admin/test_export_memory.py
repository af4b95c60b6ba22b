"""An export of any length takes constant memory, measured on the real program."""

from pathlib import Path

import pytest

from app.services.export import FORMAT_NAMES
from tests.peak_memory import run_measured
from tests.story import Story

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
    """Export in a program of its own. Returns its greatest resident size in MiB."""
    ended, size = run_measured(folder, "export-history", "--format", form, "--out", f"out.{form}")
    assert ended.stderr.splitlines()[0] == f"Wrote {count} lines to out.{form}."
    return size


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
