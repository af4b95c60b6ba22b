"""History of direct messages."""

from tests.conftest import MovedClock
from tests.engine.account_clients import account
from tests.engine.harness import EngineHarness
from tests.engine.history_clients import PLAYBACK, enter, gather, page, say, texts


def test_direct_messages_are_read_from_both_sides(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    said = [*say(alice, "bob", "hi"), *say(bob, "Alice", "ho"), *say(alice, "BOB", "hey")]
    assert page(alice, "LATEST BOB * 10") == page(bob, "LATEST alice * 10") == said
    assert texts(alice, f"AFTER bob msgid={said[0].tags['msgid']} 1") == ["ho"]
    assert texts(alice, f"BEFORE bob timestamp={said[2].tags['time']} 1") == ["ho"]
    assert page(alice, "LATEST carol * 10") == []


def test_a_message_to_oneself_appears_once_in_history(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    alice.send("PRIVMSG alice :note")
    assert texts(alice, "LATEST alice * 10") == ["note"]


def test_private_history_includes_tags(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob", caps=PLAYBACK)
    say(alice, "bob", "hi")
    bob.send("@+draft/react=x TAGMSG alice")
    assert [line.command for line in page(alice, "LATEST bob * 10")] == ["PRIVMSG", "TAGMSG"]


def test_taking_over_a_nick_does_not_expose_its_history(bench: EngineHarness) -> None:
    _alice, bob = gather(bench, "#tea", "alice", "bob")
    say(bench.people["alice"], "bob", "for the first bob only")
    say(bob, "alice", "from the first bob")
    bob.send("QUIT")
    account(bench, "bob")
    again = enter(bench, "bob", "bob")
    assert page(again, "LATEST alice * 10") == []
    year = "timestamp=2000-01-01T00:00:00.000Z timestamp=2262-01-01T00:00:00.000Z"
    assert len(again.ask(f"CHATHISTORY TARGETS {year} 10")) == 2


def test_account_history_covers_all_holders_of_a_nick(bench: EngineHarness) -> None:
    account(bench, "anna")
    anna = enter(bench, "anna", "anna")
    for text in ("first", "second"):
        (guest,) = gather(bench, "#tea", "guest")
        say(guest, "anna", text)
        guest.send("QUIT")
        bench.people.pop("guest")
    anna.send("QUIT")
    bench.restart()
    anna = enter(bench, "ann", "anna")
    assert texts(anna, "LATEST Guest * 10") == ["first", "second"]


def test_history_is_found_under_the_current_nick(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    say(alice, "bob", "hi")
    bob.send("NICK robert")
    assert texts(alice, "LATEST robert * 10") == ["hi"]


def test_targets_lists_conversations_by_latest_message(bench: EngineHarness, clock: MovedClock) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    gather(bench, "#Milk", "alice")
    gather(bench, "#quiet", "alice")
    times = {}
    for target in ("#milk", "bob", "#tea"):
        clock.instant += 1_000
        times[target] = say(alice, target, "hi")[0].tags["time"]
    clock.instant += 1_000
    bob.send("PART #tea", "@+draft/react=x TAGMSG alice")
    alice.heard()
    begin_, end = "timestamp=2000-01-01T00:00:00.000Z", "timestamp=2262-01-01T00:00:00.000Z"
    bench.play(
        f"""
        alice > CHATHISTORY TARGETS {begin_} {end} 10
        alice ~ *:irc.example BATCH +* draft/chathistory-targets
        alice ~ @*batch=* :irc.example CHATHISTORY TARGETS #Milk {times["#milk"]}
        alice ~ @*batch=* :irc.example CHATHISTORY TARGETS bob {times["bob"]}
        alice ~ @*batch=* :irc.example CHATHISTORY TARGETS #tea {times["#tea"]}
        alice ~ *:irc.example BATCH -*
        alice =
        alice > CHATHISTORY TARGETS {begin_} {end} 1
        alice ~ * BATCH +*
        alice ~ * TARGETS #Milk *
        alice ~ * BATCH -*
        alice > CHATHISTORY TARGETS {end} {begin_} 1
        alice ~ * BATCH +*
        alice ~ * TARGETS #tea *
        alice ~ * BATCH -*
        alice > CHATHISTORY TARGETS timestamp={times["#milk"]} timestamp={times["#tea"]} 10
        alice ~ * BATCH +*
        alice ~ * TARGETS bob *
        alice ~ * BATCH -*
        alice =
        """
    )
