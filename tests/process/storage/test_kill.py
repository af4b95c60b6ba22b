"""Promises P1 and P2: a kill loses no delivered message, and all clients see one order."""

import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db.database import Database, parse_database_url
from app.db.models import EventRow
from app.events import MESSAGES, msgid
from app.services.stats import find_problems
from app.wire.line import Line, parse
from tests.process.server_process import Server
from tests.process.socket_client import ConnectionEnded, SocketClient

CAPS = ("message-tags", "server-time", "echo-message", "draft/chathistory")
WRITERS = 3
OBSERVERS = 3
MAX_LINES = 30  # of one write
MAX_OBSERVED_BYTES = 60_000  # received by an observer before the server is killed

Message = tuple[str, str, str]  # msgid, nick of the sender, text


class ServerRun:
    """One run of a server: clients send and receive until it is killed."""

    def __init__(self, server: Server, number: int, rng: random.Random) -> None:
        self._server = server
        self._number = number
        self._rng = rng
        self._observers = [server.connect(f"observer{index}", *CAPS) for index in range(OBSERVERS)]
        self._writers = [server.connect(f"writer{index}", *CAPS) for index in range(WRITERS)]

    def play(self) -> list[list[Message]]:
        """Send and receive until the server is killed; return the messages of each client."""
        limit = self._rng.randrange(MAX_OBSERVED_BYTES)
        seeds = [self._rng.random() for _ in self._writers]
        with ThreadPoolExecutor(WRITERS) as pool:
            writing = [pool.submit(self._write, *pair) for pair in zip(self._writers, seeds, strict=True)]
            killer = self._observers[0]
            while limit > 0:
                size = self._rng.randint(1, 4096)
                killer.receive(size)
                limit -= size
            self._server.kill()
            view = [future.result() for future in writing]
        return view + [messages(observer.lines()) for observer in self._observers]

    def _write(self, peer: SocketClient, seed: float) -> list[Message]:
        """Send as fast as the echoes arrive, and return all messages received."""
        rng = random.Random(seed)
        received: list[str] = []
        try:
            for number in range(100_000):
                mark = f"{self._number}.{number}"
                texts = [f"{mark}.{index}" for index in range(rng.randint(1, MAX_LINES))]
                peer.send(*(f"PRIVMSG #general :{text}" for text in texts))
                while not (
                    received and received[-1].endswith(f":{texts[-1]}") and f":{peer.nick}!" in received[-1]
                ):
                    received.append(peer.line())
        except (ConnectionEnded, OSError):
            received += peer.lines()
        return messages(received)


def messages(lines: Iterable[str]) -> list[Message]:
    """Return the messages among the received lines."""
    parsed = [line for line in map(parse, lines) if line.command == "PRIVMSG"]
    times = [line.tags["time"] for line in parsed]
    assert times == sorted(set(times)), "times are strictly increasing"
    return [_message_of(line) for line in parsed]


def _message_of(line: Line) -> Message:
    return line.tags["msgid"], (line.source or "").partition("!")[0], line.params[1]


def stored(path: Path) -> list[Message]:
    """Return the messages in the database."""
    database = Database(parse_database_url(str(path)))
    with database.reading() as session:
        rows = session.execute(
            select(EventRow.id, EventRow.nick, EventRow.text).where(EventRow.kind.in_(MESSAGES))
        )
        found = [(msgid(number), nick, text) for number, nick, text in rows]
        assert find_problems(session) == []
    database.close()
    return found


def check_views(views: list[list[Message]], history: list[Message]) -> None:
    """Check that each client received a contiguous range of the history, in order."""
    places = {message: place for place, message in enumerate(history)}
    assert len(places) == len(history), "every message is stored once"
    for view in views:
        assert all(message in places for message in view), "every delivered message is stored"
        start = places[view[0]] if view else 0
        assert view == history[start : start + len(view)], "in the order of the history, without gaps"
    starts = {places[view[0]] for view in views if view}
    assert len(starts) <= 1, "every client received the first message"


def kill_repeatedly(folder: Path, rounds: int, seed: int) -> Iterator[int]:
    """Run and kill a server repeatedly on one database; yield the deliveries of each run."""
    rng = random.Random(seed)
    before: list[Message] = []
    for number in range(rounds):
        with Server(folder) as server:
            views = ServerRun(server, number, rng).play()
        history = stored(server.database)
        assert history[: len(before)] == before, "a restart loses nothing"
        check_views(views, history)
        before = history
        yield sum(map(len, views))


def test_delivered_messages_survive_kills_in_order(tmp_path: Path) -> None:
    assert sum(kill_repeatedly(tmp_path, rounds=20, seed=random.randrange(1 << 32))) > 0


@pytest.mark.long
@pytest.mark.timeout(900)
def test_delivered_messages_survive_200_kills_in_order(tmp_path: Path) -> None:
    assert sum(kill_repeatedly(tmp_path, rounds=200, seed=random.randrange(1 << 32))) > 0
