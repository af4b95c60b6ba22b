"""The first signal shuts the server down cleanly, the second ends it immediately."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.process.server_process import Server
from tests.process.socket_client import SocketClient

SHUTDOWN_ERROR = "ERROR :Closing link: The server is shutting down"


def rows(server: Server, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query on the database."""
    with closing(sqlite3.connect(server.database)) as connection:
        return connection.execute(query).fetchall()


def connect_non_reader(server: Server) -> SocketClient:
    """Return a client that does not read and has a large amount of data queued for it."""
    peer = server.connect("deaf", receive_buffer=1024)
    writer = server.connect("writer", "echo-message")
    for _ in range(40):
        writer.send(*(f"PRIVMSG #general :{'x' * 380}" for _ in range(100)))
        writer.fence()
    return peer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with Server(tmp_path, log_level="warning") as server:
        alice = server.connect("alice", "echo-message", "draft/chathistory")
        idle = server.connect()
        idle.send("CAP LS 302")
        assert " CAP * LS " in idle.line()
        alice.send(*(f"PRIVMSG #general :{number}" for number in range(500)))
        alice.hears(":0")
        assert server.end(number) == 0
        *received, last = alice.rest()
        assert last == SHUTDOWN_ERROR
        assert idle.rest()[-1] == SHUTDOWN_ERROR
        texts = ["0", *(line.partition(" :")[2] for line in received)]
        stored = rows(server, "SELECT text FROM event WHERE kind = 'privmsg' ORDER BY id")
        assert [(text,) for text in texts] == stored, "every stored message was delivered"
        assert rows(server, "SELECT nick, text FROM event WHERE kind = 'quit'") == [
            ("alice", "The server is shutting down")
        ]
        assert rows(server, "SELECT count(*) FROM session WHERE disconnected IS NULL") == [(0,)]
        assert server.log == ""


def test_a_client_that_does_not_read_does_not_delay_the_stop(tmp_path: Path) -> None:
    with Server(tmp_path, sendq=1 << 28) as server:
        connect_non_reader(server)
        assert server.end(signal.SIGTERM) == 0, "it stops despite undelivered data"


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with Server(tmp_path, sendq=1 << 28) as server:
        connect_non_reader(server)
        server.process.send_signal(signal.SIGINT)
        assert server.process.stdout is not None
        assert server.process.stdout.readline() == "Stopping.\n"
        assert server.end(signal.SIGINT) == 128 + signal.SIGINT


def test_a_restart_logs_quits_for_users_connected_at_the_kill(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.connect("alice")
        server.kill()
    with Server(tmp_path) as server:
        assert rows(server, "SELECT nick, text FROM event WHERE kind = 'quit'") == [
            ("alice", "The server stopped unexpectedly")
        ]
        assert rows(server, "SELECT count(*) FROM session WHERE disconnected IS NULL") == [(0,)]
        server.connect("alice")
