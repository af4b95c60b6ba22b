"""Channel mode +H: members read only what was sent after they joined."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.services.administration import moderation
from tests.engine import account_clients, history_clients
from tests.engine.account_clients import account, begin, finish, plain
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.history_clients import PLAYBACK, enter, gather, page, say, texts
from tests.engine.scenes import people
from tests.story import Story

EVERY = (
    "LATEST #tea * 9",
    "LATEST #tea timestamp=2000-01-01T00:00:00.000Z 9",
    "BEFORE #tea timestamp=2100-01-01T00:00:00.000Z 9",
    "AFTER #tea timestamp=2000-01-01T00:00:00.000Z 9",
    "BETWEEN #tea timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 9",
    "BETWEEN #tea timestamp=2100-01-01T00:00:00.000Z timestamp=2000-01-01T00:00:00.000Z 9",
    "AFTER #tea msgid=1 9",
    "AROUND #tea msgid=1 18",
)


@contextmanager
def away(bench: EngineHarness, nick: str) -> Iterator[None]:
    """Disconnect a client for the duration of the block."""
    bench.people.pop(nick).hang_up()
    yield


def hide(person: HarnessClient) -> None:
    person.ask("MODE #tea +H")


@pytest.mark.parametrize("question", EVERY)
def test_a_new_member_reads_only_later_messages(bench: EngineHarness, question: str) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    say(alice, "#tea", "one", "two")
    hide(alice)
    (bob,) = gather(bench, "#tea", "bob")
    say(alice, "#tea", "three")
    bob.heard()
    assert texts(bob, question) == ["three"]
    assert texts(alice, "LATEST #tea * 9") == ["one", "two", "three"]


def test_removing_the_mode_reveals_the_history(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    say(bench.people["alice"], "#tea", "one")
    gather(bench, "#tea", "bob")
    bench.play(
        """
        bob > MODE #tea +H
        bob ~ @* :irc.example 482 bob #tea :*
        alice .
        alice > MODE #tea +H
        alice ~ @* :alice!~alice@127.0.0.1 MODE #tea +H
        bob ~ @* :alice!~alice@127.0.0.1 MODE #tea +H
        bob > MODE #tea
        bob ~ @* :irc.example 324 bob #tea +Hnt
        bob .
        """
    )
    assert texts(bench.people["bob"], "LATEST #tea * 9") == []
    bench.people["alice"].send("MODE #tea -H")
    bench.people["bob"].heard()
    assert texts(bench.people["bob"], "LATEST #tea * 9") == ["one"]


def test_a_reference_before_the_join_means_the_beginning(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    hidden = say(alice, "#tea", "one")[0].tags["msgid"]
    hide(alice)
    (bob,) = gather(bench, "#tea", "bob")
    say(alice, "#tea", "two", "three")
    bob.heard()
    for one in (hidden, "1", "2"):
        assert texts(bob, f"AFTER #tea msgid={one} 9") == ["two", "three"]
        assert texts(bob, f"BEFORE #tea msgid={one} 9") == []
        assert texts(bob, f"AROUND #tea msgid={one} 2") == ["two"]


def test_earlier_events_are_hidden_from_playback_too(bench: EngineHarness) -> None:
    alice, carol = gather(bench, "#tea", "alice", "carol", caps=PLAYBACK)
    carol.send("PART #tea")
    alice.send("TOPIC #tea :green")
    hide(alice)
    (bob,) = gather(bench, "#tea", "bob", caps=PLAYBACK)
    assert [line.command for line in page(bob, "LATEST #tea * 9")] == ["JOIN"]


def test_a_room_without_visible_messages_is_not_a_target(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    say(alice, "#tea", "one")
    hide(alice)
    (bob,) = gather(bench, "#tea", "bob")
    asked = "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 9"
    assert not any("#tea" in line for line in bob.ask(asked))
    say(alice, "#tea", "two")
    assert any("#tea" in line for line in bob.ask(asked))


def test_hidden_history_is_not_replayed_on_join(make_bench: MakeBench) -> None:
    bench = make_bench(replay=5)
    account(bench, "anna")
    bench.connect("alice").send("JOIN #tea", "MODE #tea +H", "PRIVMSG #tea :one")
    (bob,) = people(bench, "bob")
    assert not any("PRIVMSG" in line for line in bob.ask("JOIN #tea"))
    anna = history_clients.enter(bench, "anna", "anna")
    anna.send("JOIN #tea")
    with away(bench, "anna"):
        bench.people["alice"].send("PRIVMSG #tea :two")
    assert enter_plain(bench, "anna").ask("JOIN #tea")[-1].endswith("PRIVMSG #tea :two")


def enter_plain(bench: EngineHarness, name: str) -> HarnessClient:
    """Connect a client with server-time but without draft/chathistory."""
    return account_clients.enter(bench, name, name, "server-time")


def test_an_account_reads_messages_missed_while_disconnected(bench: EngineHarness) -> None:
    account(bench, "bob")
    (alice,) = gather(bench, "#tea", "alice")
    say(alice, "#tea", "one")
    hide(alice)
    enter(bench, "bob", "bob").send("JOIN #tea")
    say(alice, "#tea", "two")
    with away(bench, "bob"):
        say(alice, "#tea", "three")
    bob = enter(bench, "bob", "bob")
    bob.ask("JOIN #tea")
    assert texts(bob, "LATEST #tea * 9") == ["two", "three"]


def test_visibility_survives_a_restart(bench: EngineHarness) -> None:
    account(bench, "bob")
    account(bench, "anna")
    enter(bench, "anna", "anna").send("JOIN #tea", "PRIVMSG #tea :one", "MODE #tea +H")
    enter(bench, "bob", "bob").send("JOIN #tea")
    bench.people["anna"].send("PRIVMSG #tea :two")
    bench.restart()
    enter(bench, "anna", "anna").send("JOIN #tea", "PRIVMSG #tea :three")
    bob = enter(bench, "bob", "bob")
    bob.ask("JOIN #tea")
    assert texts(bob, "LATEST #tea * 9") == ["two", "three"]
    assert texts(bench.people["anna"], "LATEST #tea * 9") == ["one", "two", "three"]


def test_a_returning_guest_starts_over(bench: EngineHarness) -> None:
    alice, _ = gather(bench, "#tea", "alice", "bob")
    hide(alice)
    say(alice, "#tea", "one")
    with away(bench, "bob"):
        say(alice, "#tea", "two")
    (bob,) = gather(bench, "#tea", "bob")
    assert texts(bob, "LATEST #tea * 9") == []


@pytest.mark.parametrize("how", ["PART #tea", "JOIN 0"])
def test_rejoining_after_a_part_hides_earlier_messages(bench: EngineHarness, how: str) -> None:
    account(bench, "bob")
    (alice,) = gather(bench, "#tea", "alice")
    hide(alice)
    bob = enter(bench, "bob", "bob")
    bob.send("JOIN #tea")
    say(alice, "#tea", "one")
    bob.send(how)
    say(alice, "#tea", "two")
    bob.ask("JOIN #tea")
    assert texts(bob, "LATEST #tea * 9") == []
    say(alice, "#tea", "three")
    bob.heard()
    assert texts(bob, "LATEST #tea * 9") == ["three"]


def test_rejoining_after_a_kick_hides_earlier_messages(bench: EngineHarness) -> None:
    account(bench, "bob")
    (alice,) = gather(bench, "#tea", "alice")
    hide(alice)
    bob = enter(bench, "bob", "bob")
    for put_out in (
        lambda: alice.send("KICK #tea bob"),
        lambda: Story(bench.database, bench.clock).apply(
            lambda admin: moderation.kick_user(admin, "bob", "#tea", "out")
        ),
    ):
        bob.ask("JOIN #tea")
        say(alice, "#tea", "one")
        put_out()
        alice.ask("PING x")
        bob.ask("JOIN #tea")
        assert texts(bob, "LATEST #tea * 9") == []


def test_logging_in_keeps_the_visibility_of_the_guest(bench: EngineHarness) -> None:
    account(bench, "bob")
    (alice,) = gather(bench, "#tea", "alice")
    hide(alice)
    bob = bench.connect("guest", "sasl", *history_clients.CAPS)
    bob.send("JOIN #tea")
    say(alice, "#tea", "one")
    bob.ask("AUTHENTICATE PLAIN", *plain("bob"))
    with away(bench, "guest"):
        say(alice, "#tea", "two")
    again = enter(bench, "bob", "bob")
    again.ask("JOIN #tea")
    assert texts(again, "LATEST #tea * 9") == ["one", "two"]


def test_a_kick_after_logout_ends_the_accounts_visibility(bench: EngineHarness) -> None:
    account(bench, "anna")
    (alice,) = gather(bench, "#tea", "alice")
    hide(alice)
    enter(bench, "anna", "anna")
    (anna,) = gather(bench, "#tea", "anna")
    say(alice, "#tea", "one")
    anna.ask("LOGOUT", "NICK annie")
    alice.send("KICK #tea annie")
    say(alice, "#tea", "two")
    anna.ask(f"PRIVMSG NickServ :IDENTIFY anna :{account_clients.PASSWORD}", "JOIN #tea")
    say(alice, "#tea", "three")
    anna.heard()
    assert texts(anna, "LATEST #tea * 9") == ["three"]


def test_a_part_of_one_of_two_sessions_keeps_visibility(bench: EngineHarness) -> None:
    account(bench, "bob")
    (alice,) = gather(bench, "#tea", "alice")
    hide(alice)
    first, second = enter(bench, "bob", "bob"), enter(bench, "bobby", "bob")
    first.ask("JOIN #tea")
    say(alice, "#tea", "one")
    second.ask("JOIN #tea")
    assert texts(second, "LATEST #tea * 9") == ["one"]
    second.ask("PART #tea")
    first.heard()
    assert texts(first, "LATEST #tea * 9") == ["one"]


def test_only_own_messages_can_be_redacted_when_hidden(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    bob = enter_known(bench)
    theirs, mine = say(alice, "#tea", "one")[0], say(bob, "#tea", "mine")[0]
    alice.send("MODE #tea +Ho bob")
    bob.send("PART #tea", "JOIN #tea")
    alice.send("MODE #tea +o bob")
    assert "UNKNOWN_MSGID" in bob.ask(f"REDACT #tea {theirs.tags['msgid']}")[0]
    assert not any("FAIL" in line for line in bob.ask(f"REDACT #tea {mine.tags['msgid']}"))
    assert texts(alice, "LATEST #tea * 9") == ["one"]


def enter_known(bench: EngineHarness) -> HarnessClient:
    account(bench, "bob")
    bob = enter(bench, "bob", "bob")
    bob.ask("JOIN #tea")
    return bob


def test_histserv_respects_hidden_history(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    hidden = say(alice, "#tea", "one")[0].tags["msgid"]
    hide(alice)
    (bob,) = gather(bench, "#tea", "bob")
    seen = say(alice, "#tea", "two")[0].tags["msgid"]
    told = " ".join(bob.ask("HISTSERV LAST #tea", f"HISTSERV CONTEXT {seen}"))
    assert "alice: two" in told
    assert "alice: one" not in told
    assert "that you may read" in bob.ask(f"HISTSERV CONTEXT {hidden}")[0]


def test_search_respects_hidden_history(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    say(alice, "#tea", "leaves one", "ab")
    hide(alice)
    (bob,) = gather(bench, "#tea", "bob")
    say(alice, "#tea", "leaves two", "ab two")
    bob.heard()
    for question in (
        "text=leaves",
        "text=leaves;in=#tea",
        "text=ab",
        "in=#tea;text=ab",
        "after=2000-01-01T00:00:00.000Z;text=ab",
    ):
        found = [line for line in bob.ask(f"SEARCH {question}") if "PRIVMSG" in line]
        assert [line.rsplit(" ", 1)[1] for line in found] == ["two"], question


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("CHATHISTORY LATEST #tea * 9", "MESSAGE_ERROR"),
        ("HISTSERV LAST #tea", ":No messages"),
        ("HISTSERV CONTEXT {msgid}", ":No messages"),
    ],
)
def test_a_page_read_before_the_mode_was_set_is_not_sent(
    bench: EngineHarness, question: str, answer: str
) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    (one,) = say(alice, "#tea", "one")
    bob.heard()
    unit = begin(bob, question.format(msgid=one.tags["msgid"]))
    hide(alice)
    told = finish(bob, unit)
    assert answer in told[-1]
    assert not any("one" in line for line in told)
