"""SEARCH (soju.im/search)."""

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.clock import to_iso
from app.commands.chathistory import search as asking
from app.engine.upkeep.index import INDEX_BATCH_IDLE
from app.events import Event
from app.services.history import search as searching
from app.wire.line import Line, parse
from tests.conftest import MovedClock
from tests.engine import history_clients
from tests.engine.account_clients import account, begin, finish
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.history_clients import enter, gather, say

CAPS = (*history_clients.CAPS, "soju.im/search")


def found(person: HarnessClient, attributes: str) -> list[Line]:
    """Search and return the lines of the batch, which is the whole reply."""
    first, *lines, last = map(parse, person.ask(f"SEARCH {attributes}"))
    name = first.params[0].removeprefix("+")
    assert (first.command, first.params[1:]) == ("BATCH", ["soju.im/search"])
    assert (last.command, last.params) == ("BATCH", [f"-{name}"])
    assert all(line.tags.pop("batch") == name for line in lines)
    return lines


def texts(person: HarnessClient, attributes: str) -> list[str]:
    """Search and return the last parameter of every line."""
    return [line.params[-1] for line in found(person, attributes)]


def test_search_is_advertised(bench: EngineHarness) -> None:
    lines = bench.dial("alice").ask("CAP LS 302")
    assert any("soju.im/search" in line for line in lines)


def test_results_are_one_batch_of_messages_as_delivered(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob", caps=CAPS)
    bob.send("PRIVMSG #tea :That was fast!", "NOTICE #tea :Fasting is hard.", "PRIVMSG #tea :slow")
    heard = [parse(line) for line in alice.heard()]
    assert found(alice, "text=fast;in=#TEA") == heard[:2]
    assert found(alice, "text=FAST;limit=1") == heard[1:2]
    assert found(alice, "from=BOB") == heard
    assert found(alice, "text=none;in=#tea") == []
    bench.play(
        """
        bob .
        alice > @label=x SEARCH text=slow
        alice ~ @*label=x :irc.example BATCH +* soju.im/search
        alice ~ @batch=*;time=*;msgid=* :bob!~bob@* PRIVMSG #tea :slow
        alice ~ *:irc.example BATCH -*
        alice =
        bob =
        """
    )


def test_without_the_batch_capability_results_come_unbatched(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    plain = bench.connect("plain")
    plain.ask("JOIN #tea")
    say(alice, "#tea", "fast", "slow")
    plain.heard()
    (line,) = plain.ask("SEARCH text=fast")
    assert line.endswith(" UTC] fast")


def test_attributes_use_tag_escaping_or_a_trailing_parameter(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    say(alice, "#tea", "green tea; hot", "tea, and green")
    assert texts(alice, r"text=green\stea") == ["green tea; hot", "tea, and green"]
    assert texts(alice, r"text=\"green\stea\:\"".replace('\\"', '"')) == ["green tea; hot"]
    assert texts(alice, ':text="green tea"') == ["green tea; hot"]
    assert texts(alice, "text=;from=;limit=1") == ["tea, and green"]


def test_time_bounds_are_inclusive(bench: EngineHarness, clock: MovedClock) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    times = []
    for number in range(4):
        clock.instant += 1000
        times.append(say(alice, "#tea", f"tea {number}")[0].tags["time"])
    assert texts(alice, f"text=tea;before={times[1]}") == ["tea 0", "tea 1"]
    assert texts(alice, f"text=tea;after={times[2]}") == ["tea 2", "tea 3"]
    assert texts(alice, f"text=tea;after={times[1]};limit=2") == ["tea 1", "tea 2"]
    assert texts(alice, f"text=tea;before={times[2]};limit=2") == ["tea 1", "tea 2"]
    assert texts(alice, f"after={to_iso(clock.instant + 5000)}") == []


@pytest.mark.parametrize("words", ["text=secret", "text=se", ""])
def test_search_covers_only_what_the_user_may_read(bench: EngineHarness, words: str) -> None:
    alice, bob, carol = gather(bench, "#tea", "alice", "bob", "carol")
    gather(bench, "#milk", "alice", "bob")
    gather(bench, "#own", "alice")
    say(alice, "#tea", "secret of tea")
    say(alice, "#milk", "secret of milk")
    say(alice, "#own", "secret of mine")
    say(alice, "bob", "secret of two")
    say(bob, "carol", "secret of others")
    alice.send("PRIVMSG @#tea :secret of operators")
    for person in (alice, bob, carol):
        person.heard()
    wanted = words or "limit=9"
    assert texts(alice, wanted) == [f"secret of {what}" for what in ("tea", "milk", "mine", "two")]
    assert texts(bob, wanted) == [f"secret of {what}" for what in ("tea", "milk", "two", "others")]
    assert texts(carol, wanted) == ["secret of tea", "secret of others"]
    assert texts(alice, f"{wanted};in=bob") == texts(bob, f"{wanted};in=alice") == ["secret of two"]
    assert texts(carol, f"{wanted};in=alice") == []
    bob.ask("PART #milk")
    assert "secret of milk" not in texts(bob, wanted)


@pytest.mark.parametrize("name", ["#milk", "#none"])
def test_a_room_not_joined_is_indistinguishable_from_none(bench: EngineHarness, name: str) -> None:
    alice, _bob = gather(bench, "#tea", "alice", "bob")
    gather(bench, "#milk", "bob")
    (answer,) = alice.ask(f"SEARCH in={name};text=tea")
    assert answer.endswith(f":irc.example FAIL SEARCH INVALID_PARAMS in :You are not in {name}")


def test_taking_over_a_name_does_not_expose_its_messages(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    say(alice, "bob", "secret")
    say(bob, "alice", "secret too")
    bob.send("QUIT")
    account(bench, "bob")
    again = enter(bench, "bob", "bob")
    assert texts(again, "text=secret") == texts(again, "text=secret;in=alice") == []
    assert texts(alice, "text=secret;in=bob") == ["secret", "secret too"]


def test_an_account_finds_messages_of_its_other_sessions(bench: EngineHarness) -> None:
    account(bench, "anna")
    anna = enter(bench, "anna", "anna")
    (bob,) = gather(bench, "#tea", "bob")
    say(bob, "anna", "remember the milk")
    anna.send("QUIT")
    bench.restart()
    anna = enter(bench, "ann", "anna")
    assert texts(anna, "text=milk;from=bob") == ["remember the milk"]


@pytest.mark.parametrize("reader", ["KICK #tea bob", "REDACT #tea {msgid}", "MODE #tea +H"])
def test_changes_during_a_search_apply_to_its_results(bench: EngineHarness, reader: str) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    (said,) = say(alice, "#tea", "one")
    bob.heard()
    unit = begin(bob, "SEARCH text=one")
    assert unit.slow_work is not None
    with bench.database.reading() as session:
        result = unit.slow_work.work(session)
    assert len(result) == 1
    alice.send(reader.format(msgid=said.tags["msgid"]))
    unit.slow_work = type(unit.slow_work)(lambda _: result, unit.slow_work.then, unit.slow_work.on_error)
    bob.heard()
    assert [parse(line).command for line in finish(bob, unit)] == ["BATCH", "BATCH"]


def test_indexed_messages_are_found_until_redacted(
    bench: EngineHarness,
) -> None:
    account(bench, "anna")
    anna = enter(bench, "anna", "anna")
    anna.ask("JOIN #tea")
    (said,) = say(anna, "#tea", "Привет, мир")
    anna.send(*(f"PRIVMSG #tea :filling {number}" for number in range(INDEX_BATCH_IDLE)))
    anna.send("QUIT")
    bench.restart()
    anna = enter(bench, "anna", "anna")
    anna.ask("JOIN #tea")
    assert texts(anna, "text=ПРИВЕТ;in=#tea") == ["Привет, мир"]
    anna.ask(f"REDACT #tea {said.tags['msgid']}")
    assert found(anna, "text=ПРИВЕТ;in=#tea") == []


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ("after=yesterday", "after"),
        ("before=", "before"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("limit=" + "9" * 40, "limit"),
        ("colour=green", "colour"),
        ("in=#", "in"),
        ("text=" + r"\s".join("abcdefghijklmnopq"), "text"),
    ],
)
def test_invalid_attributes_are_named_in_the_failure(
    bench: EngineHarness, attributes: str, name: str
) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    (answer,) = map(parse, alice.ask(f"SEARCH {attributes}"))
    assert (answer.command, answer.params[:-1]) == ("FAIL", ["SEARCH", "INVALID_PARAMS", name])


def test_repeated_words_count_once_and_a_phrase_as_one(bench: EngineHarness) -> None:
    """Every word is matched against every message, so their number is limited."""
    (alice,) = gather(bench, "#tea", "alice")
    say(alice, "#tea", "a b c d e f g h i j k l m n o p q r s")
    assert len(texts(alice, "text=" + r"\s".join(["a"] * 99))) == 1
    assert len(texts(alice, r'text=a\sb\s"c\sd\se\sf\sg\sh\si\sj\sk\sl\sm\sn\so\sp\sq\sr\ss"')) == 1
    _, refusal = alice.ask("PRIVMSG HistServ :SEARCH a b c d e f g h i j k l m n o p q")
    assert refusal.endswith(":A search can have at most 16 words or quoted phrases")


def test_the_number_of_results_is_limited(make_bench: MakeBench) -> None:
    bench = make_bench(history_limit=3)
    (alice,) = gather(bench, "#tea", "alice")
    say(alice, "#tea", *(f"tea {number}" for number in range(5)))
    assert texts(alice, "text=tea;limit=100") == texts(alice, "text=tea") == ["tea 2", "tea 3", "tea 4"]
    assert texts(alice, "text=tea;limit=0") == []


def test_an_unreadable_database_is_reported_as_a_failure(
    bench: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(session: Session, *rest: object) -> list[Event]:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    (alice,) = gather(bench, "#tea", "alice")
    monkeypatch.setattr(asking, "search_messages", fail)
    answer, pong = map(parse, alice.ask("SEARCH text=tea", "PING x"))
    assert (answer.params[:2], pong.command) == (["SEARCH", "INTERNAL_ERROR"], "PONG")


def test_a_search_timeout_says_how_to_narrow_it(
    bench: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    for start in range(0, 2_000, 500):
        alice.send(*(f"PRIVMSG #tea :the {number}" for number in range(start, start + 500)))
    monkeypatch.setattr(searching, "MAX_SECONDS", 0.0)
    (answer,) = map(parse, alice.ask("SEARCH text=the;from=nobody"))
    assert answer.params[:2] == ["SEARCH", "INTERNAL_ERROR"]
    assert answer.params[2] == "The search took too long; add a room, a time or a rarer word."
    monkeypatch.undo()
    assert texts(alice, "text=the\\s1999") == ["the 1999"]


def test_search_costs_more_and_needs_registration(bench: EngineHarness) -> None:
    assert asking.COST > 3
    assert " 451 " in bench.dial("nobody").ask("SEARCH text=tea")[0]
    assert " 461 " in bench.connect("alice").ask("SEARCH")[0]
