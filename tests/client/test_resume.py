"""Coming back after a lost connection: no gap, no duplicate, in order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.client.protocol.events import Message
from tests.client.harness import CAPS, ClientHarness, come_online, enter, online, page, said


def test_missed_messages_are_fetched_by_page_before_live_ones() -> None:
    bench = online(page_size=2)
    bench.hears(said("m1", "before"))
    bench.forget()
    bench.play("""
        = lost
        | Connection lost: the server is gone
    """)
    bench.opens()
    bench.forget()
    bench.hears(f":srv CAP * LS :{CAPS}", f":srv CAP * ACK :{CAPS}", ":srv 001 anna :Welcome")
    assert bench.sent[-1] == "JOIN #tea"
    bench.forget()
    enter(bench, "#tea")
    bench.play("> CHATHISTORY AFTER #tea msgid=m1 2")
    bench.hears(said("m5", "live", second=5))
    bench.hears(*page("#tea", said("m2", "two", second=2), said("m3", "three", second=3)))
    bench.play("""
        | [2026-11-22 12:00:02] bob: two
        | [2026-11-22 12:00:03] bob: three
        > CHATHISTORY AFTER #tea msgid=m3 2
    """)
    bench.hears(*page("#tea", said("m4", "four", second=4), said("m5", "live", second=5)))
    bench.play("""
        | [2026-11-22 12:00:04] bob: four
        | [2026-11-22 12:00:05] bob: live
        | Reconnected. You missed 4 messages.
    """)


def test_unknown_msgid_falls_back_to_timestamp() -> None:
    bench = online()
    bench.hears(said("m1", "before"))
    _return(bench)
    bench.play("""
        > CHATHISTORY AFTER #tea msgid=m1 50
        < FAIL CHATHISTORY INVALID_MSGREFTYPE AFTER #tea :No such message
        > CHATHISTORY AFTER #tea timestamp=2026-11-22T12:00:01.000Z 50
    """)


def test_room_without_messages_is_resumed_from_the_join() -> None:
    bench = online()
    _return(bench)
    bench.play("> CHATHISTORY AFTER #tea timestamp=2026-11-22T12:00:00.000Z 50")


def test_gap_is_reported_on_server_without_history() -> None:
    bench = online(caps="")
    bench.loses()
    bench.opens()
    bench.forget()
    bench.play("""
        < :srv 001 anna :Welcome
        | Connected as anna.
        > JOIN #tea
        < :anna!~a@h JOIN #tea
        | Reconnected. The server cannot provide the messages you missed.
    """)


def test_refused_rejoin_does_not_block_resuming() -> None:
    bench = online()
    bench.loses()
    bench.opens()
    bench.hears(f":srv CAP * LS :{CAPS}", f":srv CAP * ACK :{CAPS}", ":srv 001 anna :Welcome")
    bench.forget()
    bench.play("""
        < :srv 474 anna #tea :You are banned
        | ! Cannot join #tea: You are banned
        | Reconnected. You missed no messages.
    """)


def test_first_join_shows_the_latest_history() -> None:
    bench = ClientHarness(initial_history=10)
    bench.opens()
    come_online(bench)
    assert bench.sent[-1] == "CHATHISTORY LATEST #tea * 10"
    bench.hears(said("m3", "live", second=3))
    bench.forget()
    bench.hears(*page("#tea", said("m1", "one"), said("m2", "two", second=2), said("m3", "live", second=3)))
    bench.play("""
        | [2026-11-22 12:00:01] bob: one
        | [2026-11-22 12:00:02] bob: two
        | [2026-11-22 12:00:03] bob: live
    """)


def test_direct_conversations_are_resumed_for_accounts() -> None:
    bench = online(password="secret", has_chosen_nick=True)
    bench.hears(":srv 900 anna anna!a@h anna :in", said("m1", "psst", room="anna"))
    bench.loses()
    bench.opens()
    bench.hears(f":srv CAP * LS :{CAPS}", f":srv CAP * ACK :{CAPS}")
    bench.hears(":srv 900 anna anna!a@h anna :in", ":srv 903 anna :ok", ":srv 001 anna :Welcome")
    assert bench.sent[-1].startswith("CHATHISTORY TARGETS timestamp=2026-11-22T12:00:01.000Z timestamp=")
    enter(bench, "#tea")
    bench.hears(*page("#tea"))
    bench.forget()
    bench.hears(
        ":srv BATCH +t draft/chathistory-targets",
        "@batch=t :srv CHATHISTORY TARGETS bob 2026-11-22T12:00:09.000Z",
        ":srv BATCH -t",
    )
    assert list(bench.sent) == ["CHATHISTORY AFTER bob msgid=m1 50"]
    bench.hears(*page("bob", said("m2", "still there?", room="anna", second=9)))
    bench.hears(*page("bob"))
    assert list(bench.shown) == [
        "[2026-11-22 12:00:09] bob → anna: still there?",
        "Reconnected. You missed 1 message.",
    ]


def _return(bench: ClientHarness) -> None:
    """Lose the connection and come back into the room."""
    bench.loses()
    bench.opens()
    bench.hears(f":srv CAP * LS :{CAPS}", f":srv CAP * ACK :{CAPS}", ":srv 001 anna :Welcome")
    bench.forget()
    enter(bench, "#tea")


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(0, 4000), max_size=5), size=st.integers(1, 5))
def test_everything_is_shown_once_and_in_order_wherever_cut(cuts: list[int], size: int) -> None:
    room = _Room(size)
    for cut in cuts:
        room.say(3)
        room.connect(cut)
    room.say(2)
    room.connect(None)
    assert room.texts() == [text for _, text in room.log]


class _Room:
    """A server with one room: it remembers everything, and its connections break after some bytes."""

    def __init__(self, size: int) -> None:
        self.bench = ClientHarness(page_size=size)
        self.bench.opens()
        come_online(self.bench)
        self.log: list[tuple[str, str]] = []

    def say(self, count: int) -> None:
        """Let bob say things while nobody is connected."""
        for _ in range(count):
            number = len(self.log) + 1
            self.log.append((f"m{number}", f"text {number}"))

    def connect(self, budget: int | None) -> None:
        """Let the client come back; after `budget` bytes the connection breaks."""
        self.bench.loses()
        self.bench.opens()
        self.budget = budget
        self._deliver(f":srv CAP * LS :{CAPS}", f":srv CAP * ACK :{CAPS}", ":srv 001 anna :Welcome")
        self._deliver("@time=2026-11-22T12:00:00.000Z :anna!~a@h JOIN #tea * :anna")
        self.say(1)
        self._deliver(self._line(len(self.log)))
        while self.bench.sent:
            self._answer(self.bench.sent.popleft())
        self.say(1)
        self._deliver(self._line(len(self.log)))

    def _answer(self, request: str) -> None:
        words = request.split()
        if words[:2] != ["CHATHISTORY", "AFTER"]:
            return
        known = words[3].removeprefix("msgid=m")
        start = int(known) if known.isdecimal() else 0
        numbers = range(start + 1, min(len(self.log), start + int(words[4])) + 1)
        self._deliver(*page("#tea", *(self._line(number) for number in numbers)))

    def _line(self, number: int) -> str:
        return said(f"m{number}", self.log[number - 1][1], second=number % 60)

    def _deliver(self, *lines: str) -> None:
        for line in lines:
            if self.budget is not None:
                self.budget -= len(line) + 2
            if self.budget is None or self.budget >= 0:
                self.bench.hears(line)

    def texts(self) -> list[str]:
        """Return what the client showed."""
        return [event.text for event in self.bench.events if isinstance(event, Message)]
