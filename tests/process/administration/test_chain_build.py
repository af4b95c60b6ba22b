"""A server builds the hash chain for older messages while it runs, also if it is killed."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.db.database import Database, parse_database_url
from app.services.verification import ChainReport, verify_chain
from tests.process.server_process import Server
from tests.waiting import eventually

EVENTS = 15_000
DEADLINE_SECONDS = 60.0
INSERT = (
    "INSERT INTO event (id, kind, at, room_id, nick, user, host, text) "
    "VALUES (?, 'privmsg', ?, 7, 'anna', 'a', 'h', ?)"
)


@pytest.fixture
def path(tmp_path: Path, sqlite_template: Path) -> Path:
    """The file of a database whose events are not in the chain yet."""
    path = tmp_path / "chat.db"
    shutil.copy(sqlite_template, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(INSERT, ((n, n, f"text {n} " * 10) for n in range(1, EVENTS + 1)))
    return path


def query(path: Path, statement: str) -> int:
    """Return the result of a query, a number."""
    with closing(sqlite3.connect(path)) as connection:
        [(number,)] = connection.execute(statement)
        return int(number)


def count_links(path: Path) -> int:
    """Return the number of links."""
    return query(path, "SELECT count(*) FROM hash_chain")


def is_chained(path: Path) -> bool:
    """Whether the chain reaches the end of the log."""
    return bool(query(path, "SELECT (SELECT max(last_id) FROM hash_chain) = max(id) FROM event"))


def verified(path: Path) -> ChainReport:
    """Verify the chain, which must have no problems, complete or not."""
    with closing(Database(parse_database_url(str(path)))) as database:
        report = verify_chain(database)
    assert report.findings == []
    return report


def kill_during_build(path: Path) -> Iterator[int]:
    """Start and kill the server twice; yield the end of the chain after each time."""
    for _ in range(2):
        links = count_links(path)
        with Server(path.parent, dbname=path.name) as server:
            eventually(lambda before=links: count_links(path) > before, DEADLINE_SECONDS)  # type: ignore[misc]
            server.kill()
        yield verified(path).end.last_id


def test_a_killed_server_continues_the_build(path: Path) -> None:
    ends = list(kill_during_build(path))
    assert 0 < ends[0] < ends[1]
    assert ends[0] < EVENTS, "the build was complete before the server was killed"
    with Server(path.parent, dbname=path.name) as server:
        anna = server.connect("anna")
        while not is_chained(path):
            anna.send("PRIVMSG #general :more")
            anna.fence()
        links = count_links(path)
        anna.send("PRIVMSG #general :and this is chained at once")
        anna.fence()
        assert count_links(path) == links + 1
        server.end()
    report = verified(path)
    assert report.is_complete
    assert report.events > EVENTS
