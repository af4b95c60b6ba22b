"""Deleting a user beside a running server, with `kill -9` of chat-admin on the way."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from signal import SIGKILL

from sqlalchemy import func, select

from app.clock import Clock
from app.db.database import Database, parse_database_url
from app.db.models import ErasureRow, EventRow
from app.services.verification.chain import verify_chain
from tests.process.server_process import Server, environment
from tests.story import Story
from tests.waiting import eventually

PROGRAM = Path(sys.executable).with_name("chat-admin")
MESSAGES = 2_000
SECRET = "the zebra quits at midnight"


def count(database: Database, model: type[ErasureRow] | type[EventRow]) -> int:
    """Return the number of rows of a table."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_server_completes_what_a_killed_chat_admin_began(tmp_path: Path) -> None:
    with (
        Server(tmp_path) as server,
        closing(Database(parse_database_url(str(server.database)))) as database,
    ):
        story = Story(database, Clock())
        story.create_account("anna")
        room = story.create_room("#tea")
        story.say(room, "anna", *(f"{SECRET} {number}" for number in range(MESSAGES)), account="anna")
        bob = server.connect("bob")
        bob.send("JOIN #tea")
        bob.fence()
        command = [PROGRAM, "user", "delete", "anna", "--messages", "erase", "--yes"]
        with subprocess.Popen(command, cwd=tmp_path, env=environment()) as admin:
            eventually(lambda: count(database, EventRow) < MESSAGES, 30.0)
            admin.send_signal(SIGKILL)
        eventually(lambda: count(database, ErasureRow) == 0, 60.0)
        assert count(database, EventRow) < 20
        assert verify_chain(database).findings == []
        bob.send("PRIVMSG #tea :still here")
        bob.fence()
        assert SECRET.encode() not in b"".join(found.read_bytes() for found in tmp_path.glob("chat.db*"))
        assert SECRET not in server.log
