"""Resuming after a lost connection: no gaps, no duplicates, in order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.client.protocol.events import Message
from tests.client.harness import (
    CAPABILITIES,
    ClientHarness,
    history_batch,
    join,
    online_client,
    privmsg,
    register,
)


def test_missed_messages_are_fetched_by_page_before_live_ones() -> None:
    client = online_client(page_size=2)
    client.receive(privmsg("m1", "before"))
    client.clear()
    client.play("""
        = lost
        | Connection lost: the server is gone
    """)
    client.connect()
    client.clear()
    client.receive(
        f":srv CAP * LS :{CAPABILITIES}", f":srv CAP * ACK :{CAPABILITIES}", ":srv 001 anna :Welcome"
    )
    assert client.sent[-1] == "JOIN #tea"
    client.clear()
    join(client, "#tea")
    client.play("> CHATHISTORY AFTER #tea msgid=m1 2")
    client.receive(privmsg("m5", "live", second=5))
    client.receive(*history_batch("#tea", privmsg("m2", "two", second=2), privmsg("m3", "three", second=3)))
    client.play("""
        | [2026-11-22 12:00:02] bob: two
        | [2026-11-22 12:00:03] bob: three
        > CHATHISTORY AFTER #tea msgid=m3 2
    """)
    client.receive(*history_batch("#tea", privmsg("m4", "four", second=4), privmsg("m5", "live", second=5)))
    client.play("""
        | [2026-11-22 12:00:04] bob: four
        | [2026-11-22 12:00:05] bob: live
        | Reconnected. You missed 4 messages.
    """)


def test_own_messages_are_not_counted_as_missed() -> None:
    client = online_client()
    client.receive(privmsg("m1", "before"))
    _reconnect(client)
    client.clear()
    mine = privmsg("m3", "from my phone", nick="anna", second=3)
    client.receive(*history_batch("#tea", privmsg("m2", "two", second=2), mine))
    client.receive(*history_batch("#tea"))
    assert list(client.shown)[-1] == "Reconnected. You missed 1 message."


def test_unknown_msgid_falls_back_to_timestamp() -> None:
    client = online_client()
    client.receive(privmsg("m1", "before"))
    _reconnect(client)
    client.play("""
        > CHATHISTORY AFTER #tea msgid=m1 50
        < FAIL CHATHISTORY INVALID_MSGREFTYPE AFTER #tea :No such message
        > CHATHISTORY AFTER #tea timestamp=2026-11-22T12:00:01.000Z 50
    """)


def test_room_without_messages_is_resumed_from_the_join() -> None:
    client = online_client()
    _reconnect(client)
    client.play("> CHATHISTORY AFTER #tea timestamp=2026-11-22T12:00:00.000Z 50")


def test_gap_is_reported_on_server_without_history() -> None:
    client = online_client(caps="")
    client.disconnect()
    client.connect()
    client.clear()
    client.play("""
        < :srv 001 anna :Welcome
        | Connected as anna.
        > JOIN #tea
        < :anna!~a@h JOIN #tea
        | Reconnected. The server cannot provide the messages you missed.
    """)


def test_refused_rejoin_does_not_block_resuming() -> None:
    client = online_client()
    client.disconnect()
    client.connect()
    client.receive(
        f":srv CAP * LS :{CAPABILITIES}", f":srv CAP * ACK :{CAPABILITIES}", ":srv 001 anna :Welcome"
    )
    client.clear()
    client.play("""
        < :srv 474 anna #tea :You are banned
        | ! Cannot join #tea: You are banned
        | Reconnected. You missed no messages.
    """)


def test_first_join_shows_the_latest_history() -> None:
    client = ClientHarness(initial_history=10)
    client.connect()
    register(client)
    assert client.sent[-1] == "CHATHISTORY LATEST #tea * 10"
    client.receive(privmsg("m3", "live", second=3))
    client.clear()
    client.receive(
        *history_batch(
            "#tea", privmsg("m1", "one"), privmsg("m2", "two", second=2), privmsg("m3", "live", second=3)
        )
    )
    client.play("""
        | [2026-11-22 12:00:01] bob: one
        | [2026-11-22 12:00:02] bob: two
        | [2026-11-22 12:00:03] bob: live
    """)


def test_direct_conversations_are_resumed_for_accounts() -> None:
    client = online_client(password="secret", has_chosen_nick=True)
    client.receive(":srv 900 anna anna!a@h anna :in", privmsg("m1", "psst", room="anna"))
    client.disconnect()
    client.connect()
    client.receive(f":srv CAP * LS :{CAPABILITIES}", f":srv CAP * ACK :{CAPABILITIES}")
    client.receive(":srv 900 anna anna!a@h anna :in", ":srv 903 anna :ok", ":srv 001 anna :Welcome")
    assert client.sent[-1].startswith("CHATHISTORY TARGETS timestamp=2026-11-22T12:00:01.000Z timestamp=")
    join(client, "#tea")
    client.receive(*history_batch("#tea"))
    client.clear()
    client.receive(
        ":srv BATCH +t draft/chathistory-targets",
        "@batch=t :srv CHATHISTORY TARGETS bob 2026-11-22T12:00:09.000Z",
        ":srv BATCH -t",
    )
    assert list(client.sent) == ["CHATHISTORY AFTER bob msgid=m1 50"]
    client.receive(*history_batch("bob", privmsg("m2", "still there?", room="anna", second=9)))
    client.receive(*history_batch("bob"))
    assert list(client.shown) == [
        "[2026-11-22 12:00:09] bob → anna: still there?",
        "Reconnected. You missed 1 message.",
    ]


def _reconnect(client: ClientHarness) -> None:
    """Lose the connection, reconnect and rejoin the room."""
    client.disconnect()
    client.connect()
    client.receive(
        f":srv CAP * LS :{CAPABILITIES}", f":srv CAP * ACK :{CAPABILITIES}", ":srv 001 anna :Welcome"
    )
    client.clear()
    join(client, "#tea")


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(0, 4000), max_size=5), size=st.integers(1, 5))
def test_everything_is_shown_once_and_in_order_wherever_cut(cuts: list[int], size: int) -> None:
    server = _HistoryServer(size)
    for cut in cuts:
        server.post(3)
        server.connect(cut)
    server.post(2)
    server.connect(None)
    assert server.shown_texts() == [text for _, text in server.log]


class _HistoryServer:
    """A server with one room and complete history, whose connections break after some bytes."""

    def __init__(self, size: int) -> None:
        self.client = ClientHarness(page_size=size)
        self.client.connect()
        register(self.client)
        self.log: list[tuple[str, str]] = []

    def post(self, count: int) -> None:
        """Append messages of bob to the history."""
        for _ in range(count):
            number = len(self.log) + 1
            self.log.append((f"m{number}", f"text {number}"))

    def connect(self, budget: int | None) -> None:
        """Reconnect the client; the connection breaks after `budget` bytes."""
        self.client.disconnect()
        self.client.connect()
        self.budget = budget
        self._deliver(
            f":srv CAP * LS :{CAPABILITIES}", f":srv CAP * ACK :{CAPABILITIES}", ":srv 001 anna :Welcome"
        )
        self._deliver("@time=2026-11-22T12:00:00.000Z :anna!~a@h JOIN #tea * :anna")
        self.post(1)
        self._deliver(self._line(len(self.log)))
        while self.client.sent:
            self._reply(self.client.sent.popleft())
        self.post(1)
        self._deliver(self._line(len(self.log)))

    def _reply(self, request: str) -> None:
        words = request.split()
        if words[:2] != ["CHATHISTORY", "AFTER"]:
            return
        known = words[3].removeprefix("msgid=m")
        start = int(known) if known.isdecimal() else 0
        numbers = range(start + 1, min(len(self.log), start + int(words[4])) + 1)
        self._deliver(*history_batch("#tea", *(self._line(number) for number in numbers)))

    def _line(self, number: int) -> str:
        return privmsg(f"m{number}", self.log[number - 1][1], second=number % 60)

    def _deliver(self, *lines: str) -> None:
        for line in lines:
            if self.budget is not None:
                self.budget -= len(line) + 2
            if self.budget is None or self.budget >= 0:
                self.client.receive(line)

    def shown_texts(self) -> list[str]:
        """Return the texts that the client has shown."""
        return [event.text for event in self.client.events if isinstance(event, Message)]
