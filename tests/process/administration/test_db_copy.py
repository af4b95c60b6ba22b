"""`chat-admin db copy` beside a server that writes, and killed at any moment."""

import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.clock import Clock
from app.db.database import Database, parse_database_url
from app.db.postgresql.dialect import redact_url
from app.services.stats import find_problems
from tests.postgres import Postgres
from tests.process.server_process import Server, environment
from tests.process.socket_client import TIMEOUT_SECONDS
from tests.services.copying.contents import Contents, read
from tests.story import Story
from tests.waiting import eventually

ADMIN = Path(sys.executable).with_name("chat-admin")
ROWS = 12_000  # six pages


@contextmanager
def copying(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run `chat-admin db copy` in a folder; kill it at the end of the block."""
    call = [ADMIN, "db", "copy", *arguments]
    with subprocess.Popen(call, cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_chat_moves_to_postgresql_while_its_server_runs(tmp_path: Path, postgres: Postgres) -> None:
    with postgres.database("template0") as url, Server(tmp_path, auto_join="#general") as server:
        target = url.render_as_string(hide_password=False)
        anna = server.connect("anna", "echo-message")
        _say(anna, "before")
        with copying(tmp_path, "chat.db", target) as copy:
            assert copy.stderr is not None
            assert copy.stderr.readline() == (
                "The copy is up to date with chat.db. Stop the server to finish it.\n"
            )
            copy.send_signal(signal.SIGINT)
            assert copy.wait(TIMEOUT_SECONDS) == 130
            assert copy.stderr.read() == (
                f"Error: The copy to {redact_url(url)} was interrupted. What was copied is kept: "
                "run the command again to continue.\n"
            )
        with copying(tmp_path, "chat.db", target) as copy:
            assert copy.stderr is not None
            copy.stderr.readline()
            _say(anna, "meanwhile")
            server.end()
            assert copy.wait(TIMEOUT_SECONDS) == 0
        texts = _texts(read(Database(parse_database_url(str(tmp_path / "chat.db")))))
        assert texts == [f"before {n}" for n in range(50)] + [f"meanwhile {n}" for n in range(50)]
        with Server(tmp_path, dbname=target, auto_join="#general") as moved:
            _say(moved.connect("anna", "echo-message"), "after")
            moved.end()
        with closing(Database(url)) as database:
            assert _texts(read(database)) == texts + [f"after {n}" for n in range(50)]
            with database.reading() as session:
                assert find_problems(session) == []


def _say(peer: object, word: str) -> None:
    """Send fifty messages, and wait until they are stored."""
    peer.send(*(f"PRIVMSG #general :{word} {number}" for number in range(50)))  # type: ignore[attr-defined]
    peer.fence()  # type: ignore[attr-defined]


def _texts(found: Contents) -> list[str]:
    messages = [row for row in found["event"] if row["kind"] == "privmsg"]
    return [row["text"] for row in sorted(messages, key=lambda row: row["id"])]


@pytest.fixture
def source(tmp_path: Path, sqlite_template: Path) -> Path:
    """A database with ROWS messages."""
    path = tmp_path / "chat.db"
    path.write_bytes(sqlite_template.read_bytes())
    with closing(Database(parse_database_url(str(path)))) as database:
        story = Story(database, Clock())
        story.say(story.create_room("#tea"), "anna", *(f"message {number}" for number in range(ROWS)))
    return path


@pytest.mark.parametrize("kills", [2, pytest.param(40, marks=pytest.mark.long)])
def test_a_killed_copy_continues(source: Path, kills: int) -> None:
    rng = random.Random(kills)
    target = source.with_name("new.db")
    for _ in range(kills):
        least = rng.randrange(ROWS)
        with copying(source.parent, "chat.db", "new.db") as copy:
            eventually(lambda: copy.poll() is not None or _count(target) > least, TIMEOUT_SECONDS)  # noqa: B023
    with copying(source.parent, "chat.db", "new.db") as copy:
        copy.wait(TIMEOUT_SECONDS)
        assert copy.returncode == 0 or "already contains a chat" in (
            copy.stderr.read() if copy.stderr else ""
        )
    ours, theirs = (read(Database(parse_database_url(str(path)))) for path in (source, target))
    assert theirs.pop("audit")[0]["action"] == "db.copy"
    assert ours.pop("audit") == []
    assert ours == theirs


def _count(path: Path) -> int:
    """Return the number of rows copied so far; 0 before there is a table."""
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM event").fetchone()[0])
    except sqlite3.Error:
        return 0
