"""How the server ends: in order at the first signal, at once at the second."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.process.server_process import Server
from tests.process.socket_client import SocketClient

TOLD = "ERROR :Closing link: The server is shutting down"


def rows(server: Server, query: str) -> list[tuple[object, ...]]:
    """Ask the database."""
    with closing(sqlite3.connect(server.database)) as connection:
        return connection.execute(query).fetchall()


def overfull(server: Server) -> SocketClient:
    """Return somebody for whom much waits, because they do not read."""
    peer = server.connect("deaf", receive_buffer=1024)
    writer = server.connect("writer", "echo-message")
    for _ in range(40):
        writer.send(*(f"PRIVMSG #general :{'x' * 380}" for _ in range(100)))
        writer.fence()
    return peer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with Server(tmp_path) as server:
        alice = server.connect("alice", "echo-message", "draft/chathistory")
        idle = server.connect()
        idle.send("CAP LS 302")
        assert " CAP * LS " in idle.line()
        alice.send(*(f"PRIVMSG #general :{number}" for number in range(500)))
        alice.hears(":0")
        assert server.end(number) == 0
        *heard, last = alice.rest()
        assert last == TOLD
        assert idle.rest()[-1] == TOLD
        texts = ["0", *(line.partition(" :")[2] for line in heard)]
        stored = rows(server, "SELECT text FROM event WHERE kind = 'privmsg' ORDER BY id")
        assert [(text,) for text in texts] == stored, "what was stored was shown"
        assert rows(server, "SELECT nick, text FROM event WHERE kind = 'quit'") == [
            ("alice", "The server is shutting down")
        ]
        assert rows(server, "SELECT count(*) FROM session WHERE disconnected IS NULL") == [(0,)]
        assert server.log == ""


def test_who_does_not_read_does_not_keep_it(tmp_path: Path) -> None:
    with Server(tmp_path, sendq=1 << 28) as server:
        overfull(server)
        assert server.end(signal.SIGTERM) == 0, "it ends, though much waits that nobody takes"


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with Server(tmp_path, sendq=1 << 28) as server:
        overfull(server)
        server.process.send_signal(signal.SIGINT)
        assert server.process.stdout is not None
        assert server.process.stdout.readline() == "Stopping.\n"
        assert server.end(signal.SIGINT) == 128 + signal.SIGINT


def test_a_restart_tells_who_was_there_when_it_was_killed(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.connect("alice")
        server.kill()
    with Server(tmp_path) as server:
        assert rows(server, "SELECT nick, text FROM event WHERE kind = 'quit'") == [
            ("alice", "The server stopped unexpectedly")
        ]
        assert rows(server, "SELECT count(*) FROM session WHERE disconnected IS NULL") == [(0,)]
        server.connect("alice")
