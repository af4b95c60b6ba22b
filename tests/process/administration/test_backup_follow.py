"""`chat-admin backup follow` beside a server: the copy is current, whichever of both is killed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import select

from app.db.database import Database, parse_database_url
from app.db.log import get_last_id
from app.db.models import EventRow
from app.services.backup.verification import verify_backup
from tests.process.server_process import Server, environment
from tests.process.socket_client import SocketClient
from tests.waiting import eventually

ADMIN = Path(sys.executable).with_name("chat-admin")
DEADLINE_SECONDS = 20.0
MAX_LAG_SECONDS = 1.0


@contextmanager
def following(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Follow the database in a folder until the end of the block, where the command is killed."""
    call = [ADMIN, "backup", "follow", "copies"]
    with subprocess.Popen(call, cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert "is up to date with log position" in process.stderr.readline()
            yield process
        finally:
            process.kill()


def say(peer: SocketClient, *texts: str) -> None:
    """Send messages, and wait until they are stored."""
    peer.send(*(f"PRIVMSG #general :{text}" for text in texts))
    peer.fence()


def texts_in(file: Path) -> list[str]:
    """Return the texts of the messages in a database."""
    with closing(Database(parse_database_url(str(file)))) as database, database.reading() as session:
        query = select(EventRow.text).where(EventRow.kind == "privmsg").order_by(EventRow.id)
        return [text or "" for text in session.scalars(query)]


def last_id(file: Path) -> int:
    """Return the last position in a database."""
    with closing(Database(parse_database_url(str(file)))) as database, database.reading() as session:
        return get_last_id(session.connection())


def test_the_copy_survives_the_death_of_either_side(tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    copy = folder / "chat-followed.db"
    with Server(tmp_path, auto_join="#general") as server:
        anna = server.connect("anna")
        say(anna, "one")
        with following(tmp_path):
            say(anna, "two")
            eventually(lambda: texts_in(copy) == ["one", "two"], DEADLINE_SECONDS)
            assert verify_backup(copy).problems == []
        say(anna, "three")
        with following(tmp_path):
            say(anna, "four")
            server.kill()
            eventually(lambda: texts_in(copy) == ["one", "two", "three", "four"], DEADLINE_SECONDS)
            with Server(tmp_path, auto_join="#general") as restarted:
                say(restarted.connect("bob"), "five")
                eventually(lambda: texts_in(copy)[-1:] == ["five"], DEADLINE_SECONDS)
                restarted.end()
            eventually(lambda: last_id(copy) == last_id(tmp_path / "chat.db"), DEADLINE_SECONDS)
    assert verify_backup(copy).problems == []
    with Server(tmp_path, "-d", str(copy), auto_join="#general") as standby:
        say(standby.connect("carl"), "six")
        standby.end()
    assert texts_in(copy) == ["one", "two", "three", "four", "five", "six"]


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_the_copy_is_at_most_a_second_behind_and_always_passes(tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    copy = folder / "chat-followed.db"
    lags = []
    with Server(tmp_path, auto_join="#general") as server:
        anna = server.connect("anna")
        for number in range(20):
            with following(tmp_path):
                for part in range(10):
                    text = f"{number}.{part}"
                    say(anna, *(f"{text}.{index}" for index in range(50)), text)
                    stored = monotonic()
                    eventually(lambda: texts_in(copy)[-1:] == [text], DEADLINE_SECONDS)  # noqa: B023
                    lags.append(monotonic() - stored)
                say(anna, *(f"last.{index}" for index in range(200)))
            assert verify_backup(copy).problems == []
    print("lags in seconds:", *(f"{lag:.3f}" for lag in sorted(lags)))
    assert sorted(lags)[len(lags) * 9 // 10] < MAX_LAG_SECONDS
