"""Fetching history page by page, for a view that scrolls."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from app.client.protocol import intents
from app.client.protocol.events import (
    ClientEvent,
    Direction,
    HistoryFetched,
    HistoryRefused,
    Joined,
    Message,
    Reaction,
    Replayed,
    TopicChanged,
    UnreadMessages,
)
from tests.client.harness import CAPABILITIES, ClientHarness, history_batch, online_client, privmsg
from tests.client.served import ServedClient
from tests.client.ui.test_defects import SERVER_LINES
from tests.engine.account_clients import account
from tests.engine.harness import EngineHarness, HarnessClient

EVENTS = f"{CAPABILITIES} draft/event-playback"
SENDER_CAPS = ("message-tags", "server-time", "echo-message")


def _fetched(client: ClientHarness) -> HistoryFetched:
    (event,) = (event for event in client.events if isinstance(event, HistoryFetched | HistoryRefused))
    assert isinstance(event, HistoryFetched), event
    client.clear()
    return event


def _summary(page: HistoryFetched) -> list[str]:
    """Return the texts, reactions and kinds of the other events of a page."""
    return [
        event.text
        if isinstance(event, Message)
        else event.reaction
        if isinstance(event, Reaction)
        else type(event).__name__
        for event in page.events
    ]


def test_page_before_a_message_is_fetched() -> None:
    client = online_client()
    client.execute(intents.fetch_before, "#tea", "msgid=m3", 2)
    client.play("> CHATHISTORY BEFORE #tea msgid=m3 2")
    client.receive(*history_batch("#tea", privmsg("m1", "one"), privmsg("m2", "two", second=2)))
    page = _fetched(client)
    assert _summary(page) == ["one", "two"]
    assert (page.direction, page.reference, page.is_complete) == (Direction.BEFORE, "msgid=m3", False)
    assert (page.first, page.last) == ("msgid=m1", "msgid=m2")


def test_nothing_is_printed_for_a_fetched_page() -> None:
    client = online_client()
    client.execute(intents.fetch_after, "#tea", "msgid=m0", 2)
    client.play("> CHATHISTORY AFTER #tea msgid=m0 2")
    client.receive(*history_batch("#tea", privmsg("m1", "one")))
    assert not client.shown


def test_fetching_affects_neither_unread_messages_nor_resuming() -> None:
    client = online_client()
    client.receive(privmsg("m9", "newest", second=9))
    room = client.state.rooms["#tea"]
    before = (room.last_msgid, list(room.unread), list(room.recent))
    client.execute(intents.fetch_latest, "#tea", 5)
    client.receive(*history_batch("#tea", privmsg("m1", "one"), privmsg("m9", "newest", second=9)))
    assert (room.last_msgid, list(room.unread), list(room.recent)) == before


def test_end_of_the_history_is_a_page_that_is_empty_or_marked() -> None:
    client = online_client()
    client.execute(intents.fetch_before, "#tea", "msgid=m2", 5)
    start, *lines = history_batch("#tea", privmsg("m1", "one"))
    client.receive(f"@draft/chathistory-end {start}", *lines)
    assert _fetched(client).is_complete
    client.execute(intents.fetch_before, "#tea", "msgid=m1", 5)
    client.receive(*history_batch("#tea"))
    page = _fetched(client)
    assert (page.is_complete, page.events, page.first) == (True, (), "")


def test_limit_of_the_server_is_respected() -> None:
    client = online_client(isupport="CHATHISTORY=10")
    client.execute(intents.fetch_around, "#tea", "m5", 500)
    client.play("> CHATHISTORY AROUND #tea msgid=m5 10")


def test_refusal_names_the_request() -> None:
    client = online_client()
    client.execute(intents.fetch_around, "#tea", "gone", 5)
    client.play("""
        > CHATHISTORY AROUND #tea msgid=gone 5
        < FAIL CHATHISTORY MESSAGE_ERROR AROUND #tea msgid=gone :No such message
    """)
    assert client.events == [HistoryRefused("#tea", Direction.AROUND, "msgid=gone", "No such message")]


def test_request_without_a_connection_or_a_history_is_refused_at_once() -> None:
    offline, other = ClientHarness(), online_client(caps="message-tags")
    for client in (offline, other):
        client.execute(intents.fetch_latest, "#tea", 5)
        assert not client.sent
    reasons = [event.reason for client in (offline, other) for event in client.events]  # type: ignore[attr-defined]
    assert reasons == ["there is no connection", "the server has no history"]


def test_request_left_open_by_a_lost_connection_is_refused() -> None:
    client = online_client()
    client.execute(intents.fetch_before, "#tea", "msgid=m2", 5)
    client.execute(intents.show_latest, "#tea", 5)
    client.events.clear()
    client.disconnect()
    refused = HistoryRefused("#tea", Direction.BEFORE, "msgid=m2", "the connection was lost")
    assert refused in client.events
    assert sum(isinstance(event, HistoryRefused) for event in client.events) == 1


def test_events_are_requested_only_by_a_view_that_wants_them() -> None:
    for wants_events in (False, True):
        client = ClientHarness(wants_events=wants_events)
        client.connect()
        client.receive(f":srv CAP * LS :{EVENTS}")
        assert ("draft/event-playback" in client.sent[-1]) is wants_events


def test_page_of_events_does_not_change_the_state() -> None:
    client = online_client(EVENTS, wants_events=True)
    members = set(client.state.rooms["#tea"].members)
    client.execute(intents.fetch_latest, "#tea", 9)
    time = "time=2026-11-22T11:00:00.000Z"
    client.receive(
        *history_batch(
            "#tea",
            f"@{time} :carol!c@h JOIN #tea carol :Carol",
            privmsg("m1", "tea?", nick="carol"),
            f"@{time};+draft/react=👍;+draft/reply=m1 :bob!b@h TAGMSG #tea",
            f"@{time};+typing=active :bob!b@h TAGMSG #tea",
            f"@{time} :carol!c@h NICK :caro",
            f"@{time} :anna!a@h PART #tea :later",
            f"@{time} :bob!b@h KICK #tea caro :bye",
            f"@{time} :bob!b@h TOPIC #tea :news",
            f"@{time} :bob!b@h MODE #tea +v anna",
            f"@{time} :bob!b@h REDACT #tea m0",
            f"@{time} :caro!c@h QUIT :gone",
        )
    )
    page = _fetched(client)
    expected = "Joined tea? 👍 Renamed Parted Kicked TopicChanged ModeChanged Redacted Quit"
    assert _summary(page) == expected.split()
    reaction = page.events[2]
    assert isinstance(reaction, Reaction)
    assert reaction.quoted
    assert reaction.quoted.text == "tea?"
    room = client.state.rooms["#tea"]
    assert (set(room.members), room.is_joined, room.topic) == (members, True, "")


@given(st.lists(SERVER_LINES, min_size=5, max_size=30))
@settings(max_examples=60, deadline=None)
def test_no_line_in_a_page_reveals_a_defect(lines: list[str]) -> None:
    client = online_client(EVENTS, wants_events=True, page_size=2)
    members = set(client.state.rooms["#tea"].members)
    for intent in (intents.fetch_latest, intents.show_latest):
        client.execute(intent, "#tea", 9)
        client.receive(":srv BATCH +h chathistory #tea")
        client.receive(*(_in_batch(line) for line in lines if "BATCH" not in line), ":srv BATCH -h")
    assert any(isinstance(event, HistoryFetched) for event in client.events)
    assert set(client.state.rooms["#tea"].members) == members


def _in_batch(line: str) -> str:
    """Return a line as part of the batch `h`; the last of several tags of a name counts."""
    tags, rest = line[1:].split(" ", 1) if line.startswith("@") else ("", line)
    return f"@{tags};batch=h {rest}"


# With the server


def _say(sender: HarnessClient, *texts: str) -> list[str]:
    """Send messages to #tea and return their ids."""
    sender.heard()
    sender.send(*(f"PRIVMSG #tea :{text}" for text in texts))
    return [line.tags["msgid"] for line in sender.hears("PRIVMSG")]


def _enter(bench: EngineHarness, **options: object) -> tuple[ServedClient, HarnessClient]:
    """Return a client and bob, both in #tea."""
    bob = bench.connect("bob", *SENDER_CAPS)
    bob.send("JOIN #tea")
    anna = ServedClient(bench, wants_events=True, **options)
    anna.connect()
    anna.client.clear()
    return anna, bob


def test_whole_history_is_fetched_backwards_and_forwards(bench: EngineHarness) -> None:
    anna, bob = _enter(bench)
    ids = _say(bob, *(f"text {number}" for number in range(7)))
    bob.send(f"@+draft/react=👍;+draft/reply={ids[0]} TAGMSG #tea", "TOPIC #tea :news", "PART #tea")
    anna.settle()
    anna.client.clear()
    anna.client.execute(intents.fetch_latest, "#tea", 3)
    anna.settle()
    page = _fetched(anna.client)
    found = _summary(page)
    while not page.is_complete:
        anna.client.execute(intents.fetch_before, "#tea", page.first, 3)
        anna.settle()
        page = _fetched(anna.client)
        found = _summary(page) + found
    texts = [f"text {number}" for number in range(7)]
    assert found[-10:] == [*texts, "👍", "TopicChanged", "Parted"]
    found = _summary(page)
    while not page.is_complete or page.direction is Direction.BEFORE:
        anna.client.execute(intents.fetch_after, "#tea", page.last, 3)
        anna.settle()
        page = _fetched(anna.client)
        found += _summary(page)
    assert found[-10:] == [*texts, "👍", "TopicChanged", "Parted"]


def test_message_is_fetched_with_those_around_it(bench: EngineHarness) -> None:
    anna, bob = _enter(bench)
    ids = _say(bob, *"abcdefg")
    anna.settle()
    anna.client.clear()
    anna.client.execute(intents.fetch_around, "#tea", ids[3], 3)
    anna.settle()
    assert _summary(_fetched(anna.client)) == ["c", "d", "e"]


def test_outage_is_resumed_with_reactions_and_membership(bench: EngineHarness) -> None:
    anna, bob = _enter(bench)
    (first,) = _say(bob, "before")
    bob.send(f"@+draft/react=🫖;+draft/reply={first} TAGMSG #tea")
    anna.settle()
    anna.disconnect()
    anna.client.clear()
    carol = bench.connect("carol", *SENDER_CAPS)
    carol.send("JOIN #tea", f"@+draft/react=👍;+draft/reply={first} TAGMSG #tea", "QUIT :bye")
    _say(bob, "missed")
    anna.connect()
    events = anna.client.events
    assert [event.reaction for event in events if isinstance(event, Reaction)] == ["👍"]
    assert [event.text for event in events if isinstance(event, Message)] == ["missed"]
    replayed = [event for bundle in events if isinstance(bundle, Replayed) for event in bundle.events]
    assert [type(event).__name__ for event in replayed] == ["Quit", "Joined", "Quit"]
    assert not any(isinstance(event, Joined) for event in events)
    assert set(anna.client.state.rooms["#tea"].members) == {"anna", "bob"}


def test_event_is_not_repeated_after_an_outage(bench: EngineHarness) -> None:
    anna, bob = _enter(bench)
    bob.send("TOPIC #tea :news")
    anna.settle()
    for _ in range(2):
        anna.disconnect()
        anna.client.clear()
        anna.connect()
        bundles = [event for event in anna.client.events if isinstance(event, Replayed)]
        kinds = {type(event).__name__ for bundle in bundles for event in bundle.events}
        assert "TopicChanged" not in kinds


def test_reactions_and_joins_of_unread_messages_follow_them(bench: EngineHarness) -> None:
    account(bench, "anna", "secret")
    anna, bob = _enter(bench, password="secret", initial_history=20)
    _say(bob, "read")
    anna.settle()
    anna.client.execute(intents.mark_all_read)
    anna.settle()
    (second,) = _say(bob, "unread")
    bob.send(f"@+draft/react=👍;+draft/reply={second} TAGMSG #tea")
    later = ServedClient(bench, wants_events=True, password="secret", initial_history=20)
    later.connect()
    events = later.client.events
    (unread,) = (event for event in events if isinstance(event, UnreadMessages))
    assert [message.text for message in unread.messages] == ["unread"]
    assert [event.text for event in events if isinstance(event, Message)] == ["read"]
    assert [event.reaction for event in events[events.index(unread) :] if isinstance(event, Reaction)] == [
        "👍"
    ]


@given(st.lists(st.sampled_from(["text", "react", "topic", "join", "outage"]), max_size=14))
@settings(max_examples=25, deadline=None)
def test_everything_is_shown_once_across_outages(steps: list[str]) -> None:
    """Live or replayed, in pages of two: no message, reaction or topic is lost or repeated."""
    with TemporaryDirectory() as folder:
        bench = EngineHarness.fresh(Path(folder) / "chat.db")
        anna, bob = _enter(bench, page_size=2)
        (first,) = _say(bob, "first")
        anna.settle()
        expected, is_online = ["first"], True
        for number, step in enumerate(steps):
            if step == "outage":
                is_online = _toggle(anna, is_online)
                continue
            expected += _act(bench, bob, step, number, first)
            if is_online:
                anna.settle()
        if not is_online:
            anna.connect()
        assert [text for event in _unbundled(anna.client) for text in _name(event)] == expected
        bench.close()


def _toggle(client: ServedClient, is_online: bool) -> bool:
    """Lose or open the connection; return whether it is open now."""
    if is_online:
        client.disconnect()
    else:
        client.connect()
    return not is_online


def _act(bench: EngineHarness, bob: HarnessClient, step: str, number: int, first: str) -> list[str]:
    """Let something happen in #tea; return what anna must see of it."""
    if step == "join":
        bench.connect(f"guest{number}").send("JOIN #tea")
    elif step == "react":
        bob.send(f"@+draft/react=r{number};+draft/reply={first} TAGMSG #tea")
    else:
        bob.send(f"{'TOPIC' if step == 'topic' else 'PRIVMSG'} #tea :{step}{number}")
    prefix = {"join": "guest", "react": "r"}.get(step, step)
    return [f"{prefix}{number}"]


def _unbundled(client: ClientHarness) -> Iterator[ClientEvent]:
    for event in client.events:
        yield from event.events if isinstance(event, Replayed) else [event]


def _name(event: ClientEvent) -> list[str]:
    match event:
        case Message(text=text) | Reaction(reaction=text):
            return [text]
        case TopicChanged(topic=text, by="bob") | Joined(nick=text, is_mine=False):
            return [text]
    return []
