"""Promise P6: during a database outage nothing is delivered or lost, and service resumes alone."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from signal import SIGHUP, SIGSTOP

import pytest

from app.db.database import Database, parse_database_url
from app.services.stats import find_problems
from tests.process.server_process import Server
from tests.process.socket_client import TIMEOUT_SECONDS, SocketClient
from tests.waiting import eventually

GRACE_SECONDS = 2.5  # after which new messages are refused: the engine's grace period plus a margin
Outage = Callable[[Server], AbstractContextManager[None]]


@contextmanager
def locked(server: Server) -> Iterator[None]:
    """Hold the write lock of the database in this process."""
    with closing(sqlite3.connect(server.database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def full(server: Server) -> Iterator[None]:
    """Prevent the database files from growing."""
    server.limit_files(server.database.with_name("chat.db-wal").stat().st_size)
    yield
    server.limit_files(-1)


def pass_time(peer: SocketClient, seconds: float) -> None:
    """Wait; meanwhile a client must receive a reply to each PING and nothing else."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert peer.fence() == []
        assert peer.is_silent(0.1)


def test_a_reload_during_an_outage_does_not_block_a_stop(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        bob = server.connect("bob")
        with locked(server):
            server.process.send_signal(SIGHUP)
            pass_time(bob, 1)  # the server handles the signal within half a second
            assert server.end() == 0


def texts_of(server: Server) -> list[str]:
    """Return the texts of all stored messages; fail if the database is inconsistent."""
    database = Database(parse_database_url(str(server.database)))
    with database.reading() as session:
        assert find_problems(session) == []
    database.close()
    with closing(sqlite3.connect(server.database)) as connection:
        return [
            text
            for (text,) in connection.execute("SELECT text FROM event WHERE kind = 'privmsg' ORDER BY id")
        ]


def run_outage(server: Server, outage: Outage, seconds: float) -> None:
    """Run clients through an outage that lasts `seconds` longer than the grace period."""
    alice = server.connect("alice", "echo-message")
    bob = server.connect("bob")
    dave = server.connect("dave", "standard-replies")
    erin = server.connect("erin")
    for peer in (alice, bob, dave):
        peer.fence()
    with outage(server):
        alice.send("PRIVMSG #general :at the start", "PING behind")
        pass_time(bob, GRACE_SECONDS)
        dave.send("PRIVMSG #general :too late")
        assert dave.line().startswith(
            ":server.internal FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #general :Not stored"
        )
        erin.send("PRIVMSG #general :too late as well", "JOIN #new", "PRIVMSG bob :and in private")
        assert [line.split()[1] for line in erin.fence()] == ["404", "400", "404"]
        pass_time(bob, seconds)
    assert bob.line().endswith(" PRIVMSG #general :at the start")
    assert [line.split()[1] for line in alice.hears("behind")] == ["PRIVMSG", "PONG"]
    dave.send("PRIVMSG #general :again")
    assert bob.line().endswith(" PRIVMSG #general :again")
    assert [line.partition(" :")[2] for line in dave.fence()] == ["at the start"]


@pytest.mark.parametrize("outage", [locked, full])
def test_an_outage_loses_and_delivers_nothing_until_it_ends(tmp_path: Path, outage: Outage) -> None:
    with Server(tmp_path) as server:
        run_outage(server, outage, 0.5)
        assert texts_of(server) == ["at the start", "again"]
        assert server.end() == 0
        assert "The database fails" in server.log
        assert "The database works again" in server.log


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("holds", flush=True)
sys.stdin.read()
"""


def test_a_program_that_was_stopped_while_it_writes_is_named(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        alice, bob = server.connect("alice"), server.connect("bob")
        bob.fence()
        command = [sys.executable, "-c", HOLD, str(server.database)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
            assert program.stdout is not None
            assert program.stdout.readline() == b"holds\n"
            program.send_signal(SIGSTOP)
            alice.send("PRIVMSG #general :hello")
            eventually(lambda: "The database fails" in server.log, TIMEOUT_SECONDS)
            assert f", process {program.pid}, which is stopped. Retrying" in server.log
            program.kill()
        assert bob.line().endswith(" PRIVMSG #general :hello")


@pytest.mark.long
def test_an_outage_of_ten_seconds_loses_nothing(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        run_outage(server, locked, 10 - GRACE_SECONDS)
        assert texts_of(server) == ["at the start", "again"]


def test_a_server_can_be_stopped_during_an_outage(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        alice, bob = server.connect("alice"), server.connect("bob")
        bob.fence()
        with locked(server):
            alice.send("PRIVMSG #general :never stored")
            assert bob.is_silent(0.5)
            assert server.end() == 0
        assert [line.partition(" ")[0] for line in bob.rest()] == ["ERROR"]
        assert texts_of(server) == []
