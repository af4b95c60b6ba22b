"""Events other than messages in history (IRCv3 draft/event-playback)."""

from app.events import Event, Kind
from app.events.data import KickedData
from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness
from tests.engine.history_clients import PLAYBACK, gather, page, say, texts
from tests.story import record_now


def test_operator_messages_are_references_but_not_played_back(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    say(alice, "#tea", "one")
    (status,) = say(alice, "@#tea", "ops")
    say(alice, "#tea", "two")
    assert texts(alice, "LATEST #tea * 10") == ["one", "two"]
    assert texts(alice, f"AFTER #tea msgid={status.tags['msgid']} 10") == ["two"]


def test_messages_only_unless_events_can_be_played_back(bench: EngineHarness) -> None:
    """The limit counts lines that are sent."""
    alice, bob = gather(bench, "#tea", "alice", "bob", caps=PLAYBACK)
    (carol,) = gather(bench, "#tea", "carol")
    say(alice, "#tea", "one")
    for number in range(9):
        bob.send(f"@+draft/react={number} TAGMSG #tea", "PART #tea", "JOIN #tea")
    assert texts(carol, "LATEST #tea * 1") == ["one"]
    assert [line.command for line in page(alice, "LATEST #tea * 3")] == ["TAGMSG", "PART", "JOIN"]


def test_every_kind_of_event_is_played_back_as_delivered(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob", caps=(*PLAYBACK, "extended-join", "account-tag"))
    lines = [
        "MODE #tea -t+ko secret bob",
        "TOPIC #tea :green",
        "TOPIC #tea :",
        "PRIVMSG #tea :hi",
        "@+draft/react=x TAGMSG #tea",
        "NICK alicia",
        "PART #tea :back soon",
        "JOIN #tea secret",
        "NOTICE #tea :oh",
        "QUIT :tired",
    ]
    for line in lines:
        alice.send(line)
    carol = bench.connect("carol", *PLAYBACK)
    carol.send("JOIN #tea secret")
    bob.send("KICK #tea carol :out", "PRIVMSG #tea :alone")
    heard = [parse(line) for line in bob.heard()]
    seen = page(bob, "LATEST #tea * 100")[-len(heard) :]
    (mode,) = [line for line in seen if line.command == "MODE" and "k" in line.params[1]]
    assert mode.params[1:] == ["-t+ko", "*", "bob"]
    mode.params[2] = "secret"  # the log does not keep it
    for line, again in zip(heard, seen, strict=True):
        line.tags["msgid"] = line.tags.get("msgid") or again.tags["msgid"]
    assert heard == seen
    assert {line.command for line in seen} == set(
        "MODE TOPIC PRIVMSG TAGMSG NICK PART JOIN NOTICE QUIT KICK".split()
    )


def test_administrator_actions_are_played_back(bench: EngineHarness, clock: MovedClock) -> None:
    gather(bench, "#tea", "alice", "bob", caps=PLAYBACK)
    room = bench.core.runtime.world.rooms[next(iter(bench.core.runtime.world.rooms))]
    session = bench.core.runtime.world.nicks["bob"].session  # type: ignore[index]
    done = [
        Event(Kind.TOPIC, room=room.id, text="no spam"),
        Event(Kind.KICKED, room=room.id, nick="root", target="bob", text="spam", data=KickedData(session)),
    ]
    record_now(bench.database, bench.clock, done)
    clock.instant += 300  # milliseconds, after which the engine asks for news
    bench.core.engine.cycle([])
    bench.people["alice"].heard()
    bench.play(
        """
        alice > CHATHISTORY LATEST #tea * 2
        alice ~ * BATCH +* chathistory #tea
        alice ~ @batch=* :irc.example TOPIC #tea :no spam
        alice ~ @batch=* :root KICK #tea bob :spam
        alice ~ * BATCH -*
        """
    )


def test_tagmsg_is_played_back_only_with_message_tags(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice", caps=PLAYBACK)
    caps = ("batch", "server-time", "draft/chathistory", "draft/event-playback")
    (bob,) = gather(bench, "#tea", "bob", caps=caps)
    say(alice, "#tea", "one")
    alice.send("@+draft/react=x TAGMSG #tea")
    assert texts(bob, "LATEST #tea * 1") == ["one"]
