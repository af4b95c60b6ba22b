"""Messages typed during an outage are sent once, in order, when the connection is back."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.client.protocol import intents
from app.wire.line import parse
from tests.client.harness import (
    CAPABILITIES,
    ClientHarness,
    history_batch,
    join,
    online_client,
    privmsg,
    register,
)


def _register(client: ClientHarness, nick: str = "anna", caps: str = CAPABILITIES) -> None:
    client.receive(f":srv CAP * LS :{caps}", f":srv CAP * ACK :{caps}", f":srv 001 {nick} :Welcome")


def _reconnect(client: ClientHarness, nick: str = "anna") -> None:
    """Reconnect and rejoin the room; what was sent and shown is discarded."""
    client.disconnect()
    client.connect()
    _register(client, nick)
    join(client, "#tea")
    client.clear()


def _client_with_doubt(*texts: str, nick: str = "anna") -> ClientHarness:
    """Return a client that lost the connection after sending these texts, and has rejoined."""
    client = online_client()
    client.receive(privmsg("m1", "before"))
    for text in texts:
        client.execute(intents.send_message, "#tea", text)
    _reconnect(client, nick)
    return client


def test_message_typed_while_disconnected_is_sent_after_the_rejoin() -> None:
    client = online_client()
    client.disconnect()
    client.clear()
    client.execute(intents.send_message, "#tea", "hello")
    client.execute(intents.send_message, "#tea", "waves", is_action=True)
    client.play("""
        | queued: hello — sent once connected; /cancel 1 drops it
        | queued: waves — sent once connected; /cancel 2 drops it
    """)
    client.connect()
    _register(client)
    assert not any("PRIVMSG" in line for line in client.sent)
    client.clear()
    join(client, "#tea")
    client.receive(*history_batch("#tea"))
    assert [line for line in client.sent if "PRIVMSG" in line] == [
        "@label=1 PRIVMSG #tea hello",
        "@label=2 PRIVMSG #tea :\x01ACTION waves\x01",
    ]


def test_message_typed_before_the_first_join_is_sent_after_it() -> None:
    client = ClientHarness()
    client.execute(intents.send_message, "#tea", "early")
    client.execute(intents.send_message, "bob", "psst")
    client.connect()
    register(client)
    assert [line for line in client.sent if "PRIVMSG" in line] == [
        "@label=2 PRIVMSG bob psst",
        "@label=1 PRIVMSG #tea early",
    ]


def test_queued_message_fails_if_the_room_cannot_be_joined() -> None:
    client = online_client()
    client.disconnect()
    client.execute(intents.send_message, "#tea", "hello")
    client.connect()
    _register(client)
    client.clear()
    client.play("""
        < :srv 474 anna #tea :You are banned
        | ! Cannot join #tea: You are banned
        | ! not sent: hello — you are not in the room. Use /resend 1 to send it again.
        | Reconnected. You missed no messages.
    """)


def test_message_in_doubt_that_was_stored_is_not_sent_again() -> None:
    client = _client_with_doubt("hello")
    client.receive(*history_batch("#tea", privmsg("n1", "hello", nick="anna")))
    client.receive(*history_batch("#tea"))
    assert list(client.shown) == ["[2026-11-22 12:00:01] anna: hello", "Reconnected. You missed no messages."]
    assert not any("PRIVMSG" in line for line in client.sent)
    assert not client.state.pending


def test_message_in_doubt_that_was_not_stored_is_sent_before_later_ones() -> None:
    client = _client_with_doubt("hello")
    client.execute(intents.send_message, "#tea", "later")
    client.play("| queued: later — sent once connected; /cancel 2 drops it")
    client.receive(*history_batch("#tea", privmsg("n1", "hello", nick="bob")))
    client.receive(*history_batch("#tea"))
    assert list(client.sent)[-2:] == ["@label=1 PRIVMSG #tea hello", "@label=2 PRIVMSG #tea later"]


def test_one_stored_message_confirms_only_one_in_doubt() -> None:
    client = _client_with_doubt("hello", "hello")
    client.receive(*history_batch("#tea", privmsg("n1", "hello", nick="anna")))
    client.receive(*history_batch("#tea"))
    assert [line for line in client.sent if "PRIVMSG" in line] == ["@label=2 PRIVMSG #tea hello"]


def test_message_in_doubt_fails_if_the_old_connection_holds_the_nick() -> None:
    client = _client_with_doubt("hello", nick="anna2")
    client.receive(*history_batch("#tea"))
    assert client.shown[0].startswith("! not sent: hello — the connection was lost")
    client.receive(privmsg("late", "hello", nick="anna"))
    assert not client.state.failed


def test_message_in_doubt_fails_if_the_history_is_refused() -> None:
    client = _client_with_doubt("hello")
    for _ in range(2):  # by msgid, then by time
        client.receive("FAIL CHATHISTORY MESSAGE_ERROR AFTER #tea :Not now")
    assert client.shown[-2].startswith("! not sent: hello — the connection was lost")
    assert not any("PRIVMSG" in line for line in client.sent)


def test_message_in_doubt_fails_on_a_server_without_history() -> None:
    client = online_client(caps="")
    client.execute(intents.send_message, "#tea", "hello")
    client.disconnect()
    client.connect()
    client.clear()
    client.receive(":srv 001 anna :Welcome", ":anna!~a@h JOIN #tea")
    assert any(line.startswith("! not sent: hello") for line in client.shown)


def test_cancelled_message_is_not_sent() -> None:
    client = online_client()
    client.disconnect()
    for text in ("one", "two", "three"):
        client.execute(intents.send_message, "#tea", text)
    client.clear()
    client.execute(intents.cancel, 2)
    client.execute(intents.cancel, 2)
    client.play("""
        | dropped: two
        | ! There is no queued or unsent message 2.
    """)
    client.execute(intents.cancel, None)
    client.execute(intents.cancel, None)
    client.play("""
        | dropped: one
        | dropped: three
        | ! There are no queued or unsent messages.
    """)
    assert not client.state.pending


def test_message_that_was_sent_cannot_be_cancelled() -> None:
    client = online_client()
    client.execute(intents.send_message, "#tea", "hello")
    client.clear()
    client.execute(intents.cancel, 1)
    client.play("| ! Message 1 has already been sent.")


def test_long_queue_is_sent_piece_by_piece() -> None:
    client = online_client()
    client.disconnect()
    for number in range(25):
        client.execute(intents.send_message, "#tea", f"line {number}")
    client.connect()
    _register(client)
    join(client, "#tea")
    client.receive(*history_batch("#tea"))
    sent = [line for line in client.sent if "PRIVMSG" in line]
    assert len(sent) == 10
    client.clear()
    client.receive("@label=1;time=2026-11-22T12:00:05.000Z :anna!~a@h PRIVMSG #tea :line 0")
    assert list(client.sent) == ["@label=11 PRIVMSG #tea :line 10"]


@settings(max_examples=100, deadline=None)
@example(rounds=[(["a"], 11), (["a", "a"], 0), ([], 13)])  # an echo that was held confirmed two messages
@given(
    rounds=st.lists(st.tuples(st.lists(st.sampled_from("abc"), max_size=4), st.integers(0, 30)), max_size=5)
)
def test_every_message_is_stored_once_and_in_order_wherever_cut(rounds: list[tuple[list[str], int]]) -> None:
    server = _StoringServer()
    typed: list[str] = []
    for texts, budget in rounds:
        server.reconnect(budget)
        for text in texts:
            server.type(text)
        typed += texts
    server.reconnect(10_000)
    assert server.log == typed
    assert not server.client.state.pending
    assert not server.client.state.failed


class _StoringServer:
    """A server with one room, whose connections break after some lines in either direction."""

    def __init__(self) -> None:
        self.client = ClientHarness(page_size=2)
        self.log: list[str] = []
        self.budget = 0
        self.reconnect(10_000)

    def type(self, text: str) -> None:
        """Let the user type a message."""
        self.client.execute(intents.send_message, "#tea", text)
        self._serve()

    def reconnect(self, budget: int) -> None:
        """Break the connection and accept another one, for `budget` lines."""
        self.client.disconnect()
        self.client.connect()
        self.client.clear()
        self.budget = budget
        self._deliver(f":srv CAP * LS :{CAPABILITIES}", f":srv CAP * ACK :{CAPABILITIES}")
        self._deliver(":srv 001 anna :Welcome")
        self._serve()

    def _serve(self) -> None:
        while self.client.sent:
            sent = self.client.sent.popleft()
            self.budget -= 1
            if self.budget >= 0:
                self._process(sent)

    def _process(self, sent: str) -> None:
        line = parse(sent)
        if line.command == "JOIN":
            self._deliver("@time=2026-11-22T12:00:00.000Z :anna!~a@h JOIN #tea * :anna")
        elif line.command == "PRIVMSG":
            self.log.append(line.params[1])
            stored = self._line(len(self.log))
            self._deliver(f"@label={line.tags['label']};{stored.removeprefix('@')}")
        elif line.command == "CHATHISTORY":
            start = int(line.params[2].removeprefix("msgid=m")) if "msgid" in line.params[2] else 0
            numbers = range(start + 1, min(start + int(line.params[3]), len(self.log)) + 1)
            self._deliver(*history_batch("#tea", *map(self._line, numbers)))

    def _line(self, number: int) -> str:
        return privmsg(f"m{number}", self.log[number - 1], nick="anna", second=number)

    def _deliver(self, *lines: str) -> None:
        for line in lines:
            self.budget -= 1
            if self.budget >= 0:
                self.client.receive(line)
