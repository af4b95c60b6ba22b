"""The recent messages of rooms are bounded in bytes; what is not in memory is read from the log."""

import tracemalloc
from itertools import islice, product
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.world import recent_messages
from app.engine.world.recent_messages import (
    EVENT_BYTES,
    MAX_ROOM_BYTES,
    RecentMessages,
    estimate_bytes,
)
from app.events import Event, Kind
from app.events.data import MessageData
from app.wire.line import parse
from tests.engine.harness import EngineHarness, HarnessClient

ROOMS = 6
LENGTH = 4  # messages kept per room


def message(text: str = "", tags: dict[str, str] | None = None) -> Event:
    """Return a message."""
    return Event(Kind.PRIVMSG, room=1, text=text, data=MessageData(tags=tags))


def many_tags() -> str:
    """Return the largest number of tags that fit in a line."""
    names = ("+" + "".join(letters) for letters in product(ascii_letters + digits, repeat=2))
    return ";".join(islice(names, 1_020))


def shown(person: HarnessClient, line: str) -> list[str]:
    """Send a line and return the texts of the messages received."""
    return [heard.params[-1] for heard in map(parse, person.ask(line)) if heard.command == "PRIVMSG"]


@pytest.fixture
def is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a few messages reach."""
    monkeypatch.setattr(recent_messages, "MAX_ROOM_BYTES", 6 * EVENT_BYTES)
    monkeypatch.setattr(recent_messages, "MAX_BYTES", 14 * EVENT_BYTES)


changes = st.one_of(
    st.tuples(st.just("add"), st.integers(1, ROOMS), st.integers(0, 4 * EVENT_BYTES)),
    st.tuples(st.just("load"), st.integers(1, ROOMS), st.integers(0, 2 * LENGTH)),
    st.tuples(st.sampled_from(("drop", "find", "remove")), st.integers(1, ROOMS), st.just(0)),
    st.tuples(st.just("set_length"), st.just(0), st.integers(0, LENGTH)),
)


def change(recent: RecentMessages, name: str, room: int, size: int) -> None:
    """Apply one change to the recent messages."""
    match name:
        case "add":
            recent.add(room, message("x" * size))
        case "load":
            recent.load(room, [message("x" * EVENT_BYTES) for _ in range(size)])
        case "remove":
            recent.remove(room, next(iter(recent.find(room) or ()), message()))
        case "set_length":
            recent.set_length(size)
        case _:
            getattr(recent, name)(room)


@given(st.lists(changes, max_size=60))
def test_the_bytes_are_those_of_the_messages_and_stay_within_the_limits(
    made: list[tuple[str, int, int]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recent_messages, "MAX_ROOM_BYTES", 6 * EVENT_BYTES)
        patch.setattr(recent_messages, "MAX_BYTES", 14 * EVENT_BYTES)
        recent = RecentMessages(LENGTH)
        for step in made:
            change(recent, *step)
            kept = [recent.find(room) or () for room in range(1, ROOMS + 1)]
            sizes = [sum(map(estimate_bytes, events)) for events in kept]
            assert recent.bytes == sum(sizes) <= 14 * EVENT_BYTES
            assert max(sizes) <= 6 * EVENT_BYTES
            assert max(map(len, map(list, kept))) <= LENGTH


@pytest.mark.usefixtures("is_small")
def test_the_rooms_used_least_recently_are_dropped_first() -> None:
    recent = RecentMessages(LENGTH)
    for room in (1, 2, 3):
        recent.load(room, [message() for _ in range(LENGTH)])
    recent.find(1)
    recent.load(4, [message() for _ in range(LENGTH)])
    assert [room for room in (1, 2, 3, 4) if recent.find(room) is not None] == [1, 3, 4]


@pytest.mark.parametrize("text", ["x", "x" * 4096, "\N{CLINKING BEER MUGS}" * 1024])
@pytest.mark.parametrize("tags", [None, many_tags()])
def test_the_estimate_is_no_less_than_what_a_message_takes(text: str, tags: str | None) -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        events = [
            message(text + str(number), dict.fromkeys(tags.split(";"), "") if tags else None)
            for number in range(20)
        ]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before <= sum(map(estimate_bytes, events))


def test_lines_full_of_tags_take_no_more_than_the_limit_of_a_room(bench: EngineHarness) -> None:
    alice = bench.connect("alice", "message-tags")
    alice.send("JOIN #tea", *(f"@{many_tags()} PRIVMSG #tea :{number}" for number in range(100)))
    assert bench.core.engine.world.recent.bytes <= MAX_ROOM_BYTES
    expected = [str(number) for number in range(100)]
    assert shown(bench.connect("bob", "server-time"), "JOIN #tea") == expected
    assert bench.core.engine.world.recent.bytes <= MAX_ROOM_BYTES


@pytest.mark.usefixtures("is_small")
def test_messages_that_are_not_in_memory_are_replayed_from_the_log(bench: EngineHarness) -> None:
    alice = bench.connect("alice")
    rooms = [f"#{number}" for number in range(5)]
    for room in rooms:
        alice.send(f"JOIN {room}", *(f"PRIVMSG {room} :{room} {number}" for number in range(5)))
    assert bench.core.engine.world.recent.bytes <= recent_messages.MAX_BYTES
    bob = bench.connect("bob", "server-time")
    for room in rooms:
        assert shown(bob, f"JOIN {room}") == [f"{room} {number}" for number in range(5)]


@pytest.mark.usefixtures("is_small")
def test_a_message_of_the_same_batch_is_replayed_once_from_a_dropped_room(bench: EngineHarness) -> None:
    alice = bench.connect("alice", "server-time")
    alice.send("JOIN #tea", *(f"PRIVMSG #tea :{number}" for number in range(9)))
    alice.heard()
    alice.send("PRIVMSG #tea :last", "PART #tea", "JOIN #tea")
    bob = bench.connect("bob", "server-time")
    assert shown(bob, "JOIN #tea") == [*map(str, range(9)), "last"]


@pytest.mark.parametrize("leave", ["PART #tea", "QUIT", "JOIN 0"])
def test_an_empty_room_keeps_no_messages_in_memory(bench: EngineHarness, leave: str) -> None:
    alice = bench.connect("alice")
    alice.send("JOIN #tea", "PRIVMSG #tea :hi")
    assert bench.core.engine.world.recent.bytes > 0
    alice.send(leave)
    assert bench.core.engine.world.recent.bytes == 0
    assert shown(bench.connect("bob", "server-time"), "JOIN #tea") == ["hi"]


def test_a_kick_of_the_last_member_drops_the_messages(bench: EngineHarness) -> None:
    alice = bench.connect("alice")
    alice.send("JOIN #tea", "PRIVMSG #tea :hi", "KICK #tea alice")
    assert bench.core.engine.world.recent.bytes == 0
