"""HistServ: history for clients without CHATHISTORY."""

import pytest

from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine import history_clients
from tests.engine.account_clients import account
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people

ALL = "End of results"
NOTHING = "No messages found"
NOT_THERE = "No messages"


def ask(bench: EngineHarness, person: str, words: str) -> list[str]:
    """Query HistServ and return the texts of its notices, which are the whole reply."""
    lines = [parse(line) for line in bench.people[person].ask(f"HS {words}")]
    assert {(line.command, line.source) for line in lines} == {("NOTICE", "HistServ!HistServ@irc.example")}
    return [line.params[-1] for line in lines]


def said(bench: EngineHarness, person: str, words: str) -> list[str]:
    """Query HistServ and return senders and texts, without times and ids."""
    *lines, last = ask(bench, person, words)
    assert last == ALL
    return [line.partition("] ")[2].rpartition(" (")[0] for line in lines]


def test_last_shows_a_rooms_messages_with_times_and_ids(bench: EngineHarness, clock: MovedClock) -> None:
    (alice, _) = history_clients.gather(bench, "#tea", "alice", "bob")
    (first,) = history_clients.say(alice, "#tea", "one")
    history_clients.say(alice, "#tea", "two")
    clock.instant += 60_000
    assert ask(bench, "bob", "LAST #TEA")[0] == (
        f"[2026-11-18 11:06:40 UTC] alice: one ({first.tags['msgid']})"
    )
    assert said(bench, "bob", "LAST #tea 1") == said(bench, "bob", "LAST 1") == ["alice: two"]


def test_last_shows_a_private_conversation(bench: EngineHarness) -> None:
    account(bench, "anna")
    anna, bob = history_clients.enter(bench, "anna", "anna"), bench.connect("bob")
    history_clients.say(anna, "bob", "hi")
    bob.send("PRIVMSG anna :hello")
    assert said(bench, "anna", "LAST Bob") == ["anna: hi", "bob: hello"]
    bench.connect("carol")
    assert ask(bench, "carol", "LAST anna") == [NOT_THERE]


def test_last_needs_membership(bench: EngineHarness) -> None:
    history_clients.gather(bench, "#tea", "alice")
    history_clients.say(bench.people["alice"], "#tea", "one")
    people(bench, "eve")
    assert ask(bench, "eve", "LAST #tea") == ["You are not in #tea"]
    assert ask(bench, "eve", "LAST #nowhere") == ["You are not in #nowhere"]
    assert ask(bench, "eve", "LAST") == ["Missing room or nick: LAST <target>"]
    gather(bench, "#one", "eve")
    gather(bench, "#two", "eve")
    assert ask(bench, "eve", "LAST")[0].startswith("Missing room or nick")


@pytest.mark.parametrize("count", ["0", "-1", "x", "٣", "9" * 20])
def test_the_count_must_be_a_number(bench: EngineHarness, count: str) -> None:
    gather(bench, "#tea", "alice")
    assert ask(bench, "alice", f"LAST #tea {count}") == [f"Cannot parse {count} as a number of lines"]


def test_the_count_is_limited(bench: EngineHarness) -> None:
    (alice,) = history_clients.gather(bench, "#tea", "alice")
    history_clients.say(alice, "#tea", *map(str, range(120)))
    assert said(bench, "alice", "LAST #tea 1000") == [f"alice: {number}" for number in range(20, 120)]
    assert len(said(bench, "alice", "LAST #tea")) == 10


def test_context_shows_surrounding_messages(bench: EngineHarness) -> None:
    alice, *_ = history_clients.gather(bench, "#tea", "alice", "bob")
    lines = history_clients.say(alice, "#tea", *map(str, range(9)))
    middle = lines[4].tags["msgid"]
    assert said(bench, "bob", f"CONTEXT {middle} 3") == ["alice: 3", "alice: 4", "alice: 5"]
    people(bench, "eve")
    assert ask(bench, "eve", f"CONTEXT {middle}") == [f"No message {middle} that you may read"]
    for wrong in ("zzzzz", "!", "0"):
        assert ask(bench, "bob", f"CONTEXT {wrong}") == [f"No message {wrong} that you may read"]


def test_context_of_a_private_message_is_private(bench: EngineHarness) -> None:
    alice, _ = history_clients.gather(bench, "#tea", "alice", "bob")
    (line,) = history_clients.say(alice, "bob", "psst")
    (whole,) = history_clients.say(alice, "@#tea", "among us")
    people(bench, "eve")
    for nick in ("alice", "bob"):
        assert said(bench, nick, f"CONTEXT {line.tags['msgid']}") == ["alice: psst"]
    assert "No message" in ask(bench, "eve", f"CONTEXT {line.tags['msgid']}")[0]
    assert "No message" in ask(bench, "bob", f"CONTEXT {whole.tags['msgid']}")[0]


def test_redacted_messages_are_not_shown(bench: EngineHarness) -> None:
    (alice,) = history_clients.gather(bench, "#tea", "alice")
    one, _ = history_clients.say(alice, "#tea", "one", "two")
    alice.ask(f"REDACT #tea {one.tags['msgid']}")
    assert said(bench, "alice", "LAST #tea") == ["alice: two"]
    assert "No message" in ask(bench, "alice", f"CONTEXT {one.tags['msgid']}")[0]


def test_a_long_message_is_shown_whole(bench: EngineHarness) -> None:
    (alice,) = history_clients.gather(bench, "#tea", "alice")
    text = " ".join(["leaves"] * 60)
    history_clients.say(alice, "#tea", text)
    told = " ".join(ask(bench, "alice", "LAST #tea"))
    assert text in told


def test_a_long_word_is_shown_whole(bench: EngineHarness) -> None:
    """Languages without spaces have long words, and concatenated lines form one."""
    (alice,) = history_clients.gather(bench, "#tea", "alice", caps=(*history_clients.CAPS, "draft/multiline"))
    lines = ["茶" * 130] * 3
    opening = ("@batch=x PRIVMSG", *["@batch=x;draft/multiline-concat PRIVMSG"] * 2)
    sent = [f"{start} #tea :{line}" for start, line in zip(opening, lines, strict=True)]
    alice.send("BATCH +x draft/multiline #tea", *sent, "BATCH -x")
    alice.heard()
    parts = said(bench, "alice", "LAST #tea")
    assert "".join(part.removeprefix("alice: ") for part in parts) == "".join(lines)


def test_search_shows_places_and_respects_permissions(bench: EngineHarness) -> None:
    alice, bob = history_clients.gather(bench, "#tea", "alice", "bob")
    history_clients.gather(bench, "#milk", "alice")
    history_clients.say(alice, "#tea", "green tea", "black tea")
    history_clients.say(alice, "#milk", "no tea")
    history_clients.say(alice, "bob", "tea for two")
    history_clients.say(bob, "#tea", "TEA?")
    in_tea = ["#tea alice: green tea", "#tea alice: black tea"]
    assert said(bench, "bob", "SEARCH tea") == [*in_tea, "alice to bob: tea for two", "#tea bob: TEA?"]
    assert said(bench, "bob", "SEARCH tea from:ALICE in:#tea") == in_tea
    assert said(bench, "bob", "SEARCH te limit:1") == ["#tea bob: TEA?"]
    assert said(bench, "bob", "SEARCH tea green after:2026-11-01 before:2026-11-30") == in_tea[:1]
    assert said(bench, "bob", "SEARCH in:alice") == ["alice to bob: tea for two"]
    assert ask(bench, "bob", "SEARCH milk") == ask(bench, "bob", "SEARCH tea before:2026-11-01") == [NOTHING]
    assert ask(bench, "bob", "SEARCH") == ["Missing search words: SEARCH <words>"]
    assert ask(bench, "bob", "SEARCH tea in:#milk") == ["You are not in #milk"]
    assert ask(bench, "bob", "SEARCH tea after:noon") == [
        "Cannot parse noon as a time such as 2026-11-22, 2026-11-22T10:00 or 2h"
    ]
    assert ask(bench, "bob", "SEARCH tea before:9999-12-31") == [
        "9999-12-31 is out of range: a time lies between the years 1900 and 9998."
    ]
    for spelling in ("20261101", "2026-W45-3", "2026-11", "2026", "9999h", "2026-11-01T10:00+02:00"):
        assert said(bench, "bob", f"SEARCH tea green after:{spelling}") == in_tea[:1]
    assert ask(bench, "bob", "SEARCH tea limit:many") == ["Cannot parse many as a number of lines"]
