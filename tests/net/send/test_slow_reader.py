"""A slow reader receives a long reply completely, without exceeding its SendQ."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from app.db.database import Database, parse_database_url
from app.db.models import RoomMetadataRow
from tests.conftest import MovedClock
from tests.net.running_server import RunningServer
from tests.story import Story

ROOMS, KEYS = 300, 50  # values of 300 bytes: more than SendQ and kernel buffers hold


@pytest.fixture
def chat(tmp_path: Path, sqlite_template: Path, clock: MovedClock) -> Iterator[RunningServer]:
    """Return a server with the minimum SendQ and with rooms that have many metadata keys."""
    path = tmp_path / "chat.db"
    shutil.copy(sqlite_template, path)
    with closing(Database(parse_database_url(str(path)))) as database:
        rooms = [Story(database, clock).create_room(f"#r{number}") for number in range(ROOMS)]
        rows = [{"room_id": r, "key": f"k{key}", "value": "v" * 300} for r in rooms for key in range(KEYS)]
        with database.locked() as connection:
            connection.execute(insert(RoomMetadataRow), rows)
    with closing(RunningServer(path, clock, sendq=65536, max_rooms_per_user=ROOMS + 1)) as server:
        yield server


def test_slow_reader_gets_every_page_of_a_metadata_sync(chat: RunningServer) -> None:
    """Each page is sent only after most of the previous one has been read."""
    slow = chat.connect("slow", "batch", "draft/metadata-3", receive_buffer=65536)
    alice = chat.connect("alice")
    for number in range(0, ROOMS, 10):
        slow.send("JOIN " + ",".join(f"#r{number + offset}" for offset in range(10)))
        slow.fence()
    for key in range(0, KEYS, 10):
        slow.send("METADATA * SUB " + " ".join(f"k{key + offset}" for offset in range(10)))
    slow.fence()
    slow.send("METADATA *ALL SYNC")
    for _ in range(300):
        alice.fence()
    assert sum(" 761 slow #r" in line for line in slow.fence()) == ROOMS * KEYS
