"""A room with Limnoria, which runs every command it is shown, old ones included."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.wire.line import parse
from tests.interop.clients.limnoria import Limnoria
from tests.process.server_process import Server
from tests.process.socket_client import SocketClient

pytestmark = pytest.mark.clients

StartLimnoria = Callable[[int, str], Limnoria]


def join_of(nick: str, peer: SocketClient) -> None:
    """Wait until a nick joins the room."""
    peer.until(lambda line: line.command == "JOIN" and (line.source or "").startswith(f"{nick}!"))


def reply_to(peer: SocketClient, command: str) -> str:
    """Say something in the room and return the next message that another user says there."""
    peer.send(f"PRIVMSG #general :{command}")
    return parse(peer.hears(" PRIVMSG #general ")[-1]).params[1]


def test_limnoria_runs_commands(server: Server, limnoria: StartLimnoria) -> None:
    peer = server.connect("peer")
    limnoria(server.port, "robot")
    join_of("robot", peer)
    assert reply_to(peer, "@echo Доброе утро") == "Доброе утро"
    peer.send("PRIVMSG robot :echo only you")
    assert peer.hears("only you")[-1].endswith("NOTICE peer :only you")


def test_limnoria_runs_no_command_twice_after_a_restart(folder: Path, limnoria: StartLimnoria) -> None:
    with Server(folder) as server:
        peer = server.connect("peer")
        limnoria(server.port, "robot")
        join_of("robot", peer)
        assert reply_to(peer, "@echo once") == "once"
        server.end()
    with Server(folder, "-p", str(server.port)) as server:
        peer = server.connect("peer")
        join_of("robot", peer)
        assert reply_to(peer, "@echo again") == "again"
