"""P1 and P2: nothing that anybody was shown is lost when the server is killed, and all saw one order."""

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
MOST_LINES = 30  # of one write
MOST_BYTES = 60_000  # that an observer sees before the server is killed

Said = tuple[str, str, str]  # msgid, author, text


class Round:
    """One life of a server: people write and read until it is killed."""

    def __init__(self, server: Server, number: int, chance: random.Random) -> None:
        self._server = server
        self._number = number
        self._chance = chance
        self._observers = [server.connect(f"observer{index}", *CAPS) for index in range(OBSERVERS)]
        self._writers = [server.connect(f"writer{index}", *CAPS) for index in range(WRITERS)]

    def play(self) -> list[list[Said]]:
        """Let it happen, and return what everybody saw."""
        limit = self._chance.randrange(MOST_BYTES)
        seeds = [self._chance.random() for _ in self._writers]
        with ThreadPoolExecutor(WRITERS) as pool:
            writing = [pool.submit(self._write, *pair) for pair in zip(self._writers, seeds, strict=True)]
            killer = self._observers[0]
            while limit > 0:
                size = self._chance.randint(1, 4096)
                killer.receive(size)
                limit -= size
            self._server.kill()
            seen = [future.result() for future in writing]
        return seen + [messages(observer.lines()) for observer in self._observers]

    def _write(self, peer: SocketClient, seed: float) -> list[Said]:
        """Write as fast as the echoes come, and return the echoes and all else that was seen."""
        chance = random.Random(seed)
        heard: list[str] = []
        try:
            for number in range(100_000):
                mark = f"{self._number}.{number}"
                texts = [f"{mark}.{index}" for index in range(chance.randint(1, MOST_LINES))]
                peer.send(*(f"PRIVMSG #general :{text}" for text in texts))
                while not (heard and heard[-1].endswith(f":{texts[-1]}") and f":{peer.nick}!" in heard[-1]):
                    heard.append(peer.line())
        except (ConnectionEnded, OSError):
            heard += peer.lines()
        return messages(heard)


def messages(lines: Iterable[str]) -> list[Said]:
    """Pick the messages out of what somebody heard."""
    parsed = [line for line in map(parse, lines) if line.command == "PRIVMSG"]
    times = [line.tags["time"] for line in parsed]
    assert times == sorted(set(times)), "times are strictly increasing"
    return [_said(line) for line in parsed]


def _said(line: Line) -> Said:
    return line.tags["msgid"], (line.source or "").partition("!")[0], line.params[1]


def stored(path: Path) -> list[Said]:
    """Read the messages that are in the database."""
    database = Database(parse_database_url(str(path)))
    with database.reading() as session:
        rows = session.execute(
            select(EventRow.id, EventRow.nick, EventRow.text).where(EventRow.kind.in_(MESSAGES))
        )
        found = [(msgid(number), nick, text) for number, nick, text in rows]
        assert find_problems(session) == []
    database.close()
    return found


def check(everybody: list[list[Said]], history: list[Said]) -> None:
    """Hold what everybody saw against the history: a stretch of it, whole and in order."""
    places = {said: place for place, said in enumerate(history)}
    assert len(places) == len(history), "everything is stored once"
    for seen in everybody:
        assert all(said in places for said in seen), "everything that was shown is stored"
        start = places[seen[0]] if seen else 0
        assert seen == history[start : start + len(seen)], "in the order of the history, without a gap"
    starts = {places[seen[0]] for seen in everybody if seen}
    assert len(starts) <= 1, "everybody who was there saw the first message"


def lives(folder: Path, rounds: int, seed: int) -> Iterator[int]:
    """Run a server so many times on one database, kill it each time, and yield how much was seen."""
    chance = random.Random(seed)
    before: list[Said] = []
    for number in range(rounds):
        with Server(folder) as server:
            everybody = Round(server, number, chance).play()
        history = stored(server.database)
        assert history[: len(before)] == before, "a restart takes nothing away"
        check(everybody, history)
        before = history
        yield sum(map(len, everybody))


def test_what_was_seen_is_stored_once_and_in_order(tmp_path: Path) -> None:
    assert sum(lives(tmp_path, rounds=20, seed=random.randrange(1 << 32))) > 0


@pytest.mark.long
@pytest.mark.timeout(900)
def test_what_was_seen_is_stored_once_and_in_order_after_many_kills(tmp_path: Path) -> None:
    assert sum(lives(tmp_path, rounds=200, seed=random.randrange(1 << 32))) > 0
