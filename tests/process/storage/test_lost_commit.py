"""PostgreSQL commits, and the connection is lost before it can say so: nothing is stored twice."""

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import pytest

from app.wire.line import parse
from tests.postgres import Postgres
from tests.postgres_proxy import Loss, PostgresProxy, open_proxy
from tests.process.server_process import Server
from tests.process.socket_client import SocketClient

CAPS = ("message-tags", "server-time", "echo-message", "batch", "draft/chathistory")
ROUNDS = 9
LINES = 5  # of each writer in a round


@pytest.fixture
def lossy_server(postgres: Postgres, tmp_path: Path) -> Iterator[tuple[Server, PostgresProxy]]:
    """A server, and the proxy before its database."""
    with (
        postgres.database() as url,
        open_proxy(url) as (proxy, address),
        Server(tmp_path, dbname=address.render_as_string()) as server,
    ):
        yield server, proxy


def messages(lines: list[str]) -> list[tuple[str, str]]:
    """Return msgid and text of the messages among the lines."""
    parsed = [line for line in map(parse, lines) if line.command == "PRIVMSG"]
    return [(line.tags["msgid"], line.params[-1]) for line in parsed]


def receive_messages(peer: SocketClient, count: int) -> list[tuple[str, str]]:
    """Wait for a number of messages, and return all that have arrived."""
    lines: list[str] = []
    while len(messages(lines)) < count:
        lines.append(peer.line())
    return messages(lines + peer.fence())


def test_messages_are_delivered_once_and_as_in_the_history(
    lossy_server: tuple[Server, PostgresProxy],
) -> None:
    server, proxy = lossy_server
    writers = {nick: server.connect(nick, *CAPS) for nick in ("alice", "bob")}
    for peer in writers.values():
        peer.fence()
    received: dict[str, list[tuple[str, str]]] = {nick: [] for nick in writers}
    for number, loss in enumerate(islice(cycle(Loss), ROUNDS)):
        proxy.lose(loss, b"privmsg")
        for nick, peer in writers.items():
            peer.send(*(f"PRIVMSG #general :{nick} {number}.{line}" for line in range(LINES)))
        for nick, peer in writers.items():
            received[nick] += receive_messages(peer, LINES * len(writers))
    assert proxy.losses == ROUNDS
    assert received["alice"] == received["bob"]
    assert len({text for _, text in received["bob"]}) == len(received["bob"]) == ROUNDS * LINES * len(writers)
    reader = server.connect("reader", *CAPS)
    reader.send("CHATHISTORY LATEST #general * 100")
    assert messages(reader.fence()) == received["bob"]


@pytest.mark.parametrize("loss", Loss)
def test_a_visitor_whose_arrival_was_in_doubt_leaves_completely(
    loss: Loss, lossy_server: tuple[Server, PostgresProxy]
) -> None:
    server, proxy = lossy_server
    bob = server.connect("bob")
    proxy.lose(loss, b"carol")
    server.connect("carol").close()
    assert proxy.losses == 1
    assert [parse(line).command for line in bob.hears(":carol!")] == ["JOIN"]
    assert [parse(line).command for line in bob.hears(":carol!")] == ["QUIT"]
    bob.send("ISON carol")
    assert bob.line().endswith(" 303 bob :")
    server.connect("carol")
    assert [parse(line).command for line in bob.hears(":carol!")] == ["JOIN"]
