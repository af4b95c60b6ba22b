"""Gap-free resume: a client that lost its connection gets exactly the missing events, in order.

A connection breaks at an arbitrary byte of its output. After reconnecting, the client requests
everything after the last message it saw, page by page, by msgid or by time, forwards or backwards.
Meanwhile the clock may stand still or go back, others keep talking, and the server may restart.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.wire.line import Line, parse
from tests.conftest import MovedClock
from tests.engine.account_clients import account
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.history_clients import CAPS, enter, page

ALL = "timestamp=1970-01-01T00:00:00.000Z"
TALK = st.lists(  # who speaks, and how the clock moves before it, in milliseconds
    st.tuples(st.integers(0, 1), st.integers(-20, 20)), min_size=1, max_size=12
)
Place = Callable[[Line], str]


class Conversation:
    """Two speakers in a room, an observer, and a client whose connection is lost."""

    target = "#tea"

    def __init__(self, bench: EngineHarness, clock: MovedClock) -> None:
        self.bench = bench
        self.clock = clock
        self.said = 0
        self.heard: list[Line] = []
        self.come()
        self.cut = self.observer("cut")

    def come(self) -> None:
        """Connect the clients that stay."""
        self.whole = self.observer("whole")
        self.speakers = [(self.observer(name), "#tea") for name in ("anna", "bob")]

    def observer(self, name: str) -> HarnessClient:
        """Connect an observer."""
        person = self.bench.connect(name, *CAPS)
        person.send("JOIN #tea")
        person.heard()
        return person

    def talk(self, talk: list[tuple[int, int]]) -> None:
        """Exchange messages."""
        for speaker, pause in talk:
            self.said += 1
            self.clock.instant += pause
            person, target = self.speakers[speaker]
            person.send(f"PRIVMSG {target} :{self.said} Привет")
        self.heard += self.whole.hears("PRIVMSG")

    def lose(self, part: float) -> list[Line]:
        """Drop a connection after part of its output, and return what it had received."""
        received = self.cut.ear.data[: round(len(self.cut.ear.data) * part)]
        whole_lines = received.rpartition(b"\r\n")[0].decode().split("\r\n")
        self.cut.hang_up()
        return [line for line in map(parse, filter(None, whole_lines)) if line.command == "PRIVMSG"]

    def kill(self) -> None:
        """Kill the server and reconnect the staying clients."""
        self.bench.restart()
        self.come()


class Private(Conversation):
    """A private conversation. Of one side's devices, one observes and one loses its connection.

    The other side is a guest, a new party after each restart with the same nick.
    """

    target = "bob"

    def __init__(self, bench: EngineHarness, clock: MovedClock) -> None:
        account(bench, "anna")
        super().__init__(bench, clock)

    def come(self) -> None:
        """Connect the clients that stay."""
        self.whole = self.observer("anna")
        self.speakers = [(self.observer("anna"), "bob"), (self.bench.connect("bob", *CAPS), "anna")]

    def observer(self, name: str) -> HarnessClient:
        """Connect another device as an observer."""
        return enter(self.bench, "anna", "anna")


def by_position(line: Line) -> str:
    return f"msgid={line.tags['msgid']}"


def by_time(line: Line) -> str:
    return f"timestamp={line.tags['time']}"


def forwards(chat: Conversation, last: Line | None, size: int, place: Place, more: Any) -> Iterator[Line]:
    """Request pages after the last message seen until one is empty, while others keep talking."""
    person, after = chat.observer("cut"), place(last) if last else ALL
    while found := page(person, f"AFTER {chat.target} {after} {size}"):
        yield from found
        after = place(found[-1])
        chat.talk(more)
        more = []


def backwards(chat: Conversation, last: Line | None, size: int, place: Place, more: Any) -> Iterator[Line]:
    """Request the latest page and the preceding ones, back to the last message seen."""
    person, missed = chat.observer("cut"), list[Line]()
    chat.talk(more)
    end = place(last) if last else ALL
    found = page(person, f"LATEST {chat.target} {end} {size}")
    while found:
        missed[:0] = found
        found = page(person, f"BETWEEN {chat.target} {place(found[0])} {end} {size}")
    yield from missed


@pytest.mark.parametrize("kind", [Conversation, Private])
@pytest.mark.parametrize("resume", [forwards, backwards])
@pytest.mark.parametrize("place", [by_position, by_time])
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), part=st.floats(0, 1), size=st.integers(1, 6), is_killed=st.booleans())
def test_a_resumed_client_gets_exactly_the_missing_messages(
    kind: type[Conversation],
    resume: Callable[..., Iterator[Line]],
    place: Place,
    make_bench: MakeBench,
    clock: MovedClock,
    data: st.DataObject,
    part: float,
    size: int,
    is_killed: bool,
) -> None:
    chat = kind(make_bench(), clock)
    chat.talk(data.draw(TALK, "before"))
    seen = chat.lose(part)
    chat.talk(data.draw(TALK, "meanwhile"))
    if is_killed:
        chat.kill()
        chat.talk(data.draw(TALK, "after the restart"))
    more = data.draw(TALK, "during the pages")
    seen += resume(chat, seen[-1] if seen else None, size, place, more)
    assert seen == chat.heard


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(talk=st.lists(TALK, min_size=1, max_size=3))
@pytest.mark.parametrize("kind", [Conversation, Private])
def test_times_grow_with_every_message(
    kind: type[Conversation], make_bench: MakeBench, clock: MovedClock, talk: list[list[tuple[int, int]]]
) -> None:
    """Regardless of clock changes and restarts."""
    chat = kind(make_bench(), clock)
    for some in talk:
        chat.talk(some)
        chat.kill()
    times = [line.tags["time"] for line in chat.heard]
    assert times == sorted(set(times))
