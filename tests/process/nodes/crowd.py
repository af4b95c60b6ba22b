"""People on all nodes, and the comparison of what they were shown with the log."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from sqlalchemy import URL, select

from app.db.database import Database
from app.db.models import EventRow
from app.events import MESSAGES, msgid
from app.services.stats import find_problems
from app.wire.line import parse
from tests.process.nodes.cluster import ServerCluster, ServerNode
from tests.process.nodes.people import (
    LAST_TEXT,
    ROOM,
    ConnectionView,
    Entrance,
    RoamingPerson,
    RoamingWriter,
    ShownMessage,
)
from tests.process.socket_client import TIMEOUT_SECONDS, SocketClient
from tests.waiting import eventually

ENOUGH = 100  # messages shown between two faults


class Crowd:
    """An observer and a writer at each entrance."""

    def __init__(self, cluster: ServerCluster, entrances: Sequence[Entrance]) -> None:
        self._cluster = cluster
        places = [[*entrances[start:], *entrances[:start]] for start in range(len(entrances))]
        self.observers = [RoamingPerson(f"observer{number}", own) for number, own in enumerate(places)]
        self.writers = [RoamingWriter(f"writer{number}", own) for number, own in enumerate(places)]
        for person in self.people:
            person.start()

    @property
    def people(self) -> list[RoamingPerson]:
        """Everybody."""
        return [*self.observers, *self.writers]

    @property
    def shown(self) -> int:
        """The number of messages that everybody was shown so far."""
        return sum(len(person.messages) for person in self.people)

    def longest_wait(self, victim: ServerNode | None, since: float) -> float:
        """Return how long a writer on another node waited for a message at most, in seconds."""
        waits = (
            echo.shown_at - echo.sent_at
            for writer in self.writers
            for echo in writer.echoes
            if (victim is None or echo.node != victim.name) and echo.shown_at >= since
        )
        return max(waits, default=0.0)

    @property
    def nicks(self) -> set[str]:
        """The present nicks of everybody."""
        return {person.views[-1].nick for person in self.people if person.views}

    def wait_until_all_are_seen(self) -> None:
        """Wait until each node lists the same people: all who are there, and nobody else."""
        for node in self._cluster.nodes:
            node.wait_until_serving()
            with node.connect(f"census-{node.name}") as peer:
                eventually(lambda: names(peer) - {peer.nick} == self.nicks, TIMEOUT_SECONDS)

    def finish(self) -> None:
        """Write the last message, and wait until everybody was shown everything."""
        for writer in self.writers:
            writer.stop_writing()
        node = random.choice(self._cluster.nodes)
        with node.connect("last") as peer:
            peer.send(f"PRIVMSG {ROOM} :{LAST_TEXT}")
            peer.fence()
            for person in self.people:
                person.join(TIMEOUT_SECONDS)
                assert not person.is_alive(), f"{person.name} waits for the end of {person.messages[-1:]}"
                assert person.failure is None, person.failure


def wait_for_messages(crowd: Crowd) -> None:
    """Wait until people were shown some more messages."""
    enough = crowd.shown + ENOUGH
    eventually(lambda: crowd.shown >= enough, TIMEOUT_SECONDS, "nobody is shown anything")


def stored(url: URL) -> list[ShownMessage]:
    """Return the messages in the database, whose tables must be consistent."""
    database = Database(url)
    with database.reading() as session:
        rows = session.execute(
            select(EventRow.id, EventRow.nick, EventRow.text)
            .where(EventRow.kind.in_(MESSAGES), EventRow.room_id.is_not(None))
            .order_by(EventRow.id)
        )
        found = [ShownMessage(msgid(number), nick, text or "") for number, nick, text in rows]
        assert find_problems(session) == []
    database.close()
    return found


def check(crowd: Crowd, history: list[ShownMessage]) -> None:
    """Compare what everybody was shown with the log: nothing lost, doubled or in another order."""
    assert len({message.text for message in history}) == len(history), "every message is stored once"
    places = {message: place for place, message in enumerate(history)}
    for person in crowd.people:
        assert_contiguous(person.messages, places, person.name)
        for view in person.views:
            assert_contiguous(view.live, places, f"{person.name} on {view.node}")
            assert_departures(view, crowd)
    refused = {text for writer in crowd.writers for text in writer.refused}
    assert refused.isdisjoint(message.text for message in history), "what was refused is not stored"


def assert_departures(view: ConnectionView, crowd: Crowd) -> None:
    """Check that everybody whose connection ended was announced as gone, once."""
    assert [nick for nick, times in Counter(view.quits).items() if times > 1] == []
    if view.nick in crowd.nicks:
        gone = {one.nick for person in crowd.people for one in person.views[:-1]}
        assert gone & {*view.joins} <= {*view.quits}, f"ghosts on {view.node}"


def names(peer: SocketClient) -> set[str]:
    """Return the members of the room."""
    peer.send(f"NAMES {ROOM}")
    replies = [line for line in map(parse, peer.fence()) if line.command == "353"]
    return {name.lstrip("@+") for line in replies for name in line.params[-1].split()}


def assert_contiguous(shown: Sequence[ShownMessage], places: dict[ShownMessage, int], who: str) -> None:
    """Check that messages are a contiguous part of the history, in its order."""
    assert [message for message in shown if message not in places] == [], (
        f"{who} was shown what is not stored"
    )
    for earlier, later in pairwise(shown):
        assert places[later] == places[earlier] + 1, f"{who} was shown {later} after {earlier}"


@contextmanager
def watched(cluster: ServerCluster, url: URL, entrances: Sequence[Entrance] | None = None) -> Iterator[Crowd]:
    """Let people write and observe meanwhile; then compare what they were shown with the log."""
    crowd = Crowd(cluster, entrances or cluster.nodes)
    yield crowd
    crowd.wait_until_all_are_seen()
    crowd.finish()
    check(crowd, stored(url))
