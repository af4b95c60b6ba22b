"""Slow mode (+W), forbidden words (+g) and registered-only rooms (+R)."""

import pytest

from app.services.administration import audit
from tests.conftest import MovedClock
from tests.engine.account_clients import account, enter
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness
from tests.engine.history_clients import PLAYBACK, page
from tests.engine.history_clients import gather as gather_readers
from tests.engine.scenes import gather, people

WAIT = ":irc.example 404 bob #tea :This room is in slow mode (+W); wait {} seconds"
BAD = ":irc.example 404 bob #tea :The message contains a word that this room forbids (+g)"


def slow(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    bench.play(
        """
        alice > MODE #tea +W 10
        alice < :alice!~alice@127.0.0.1 MODE #tea +W 10
        bob < :alice!~alice@127.0.0.1 MODE #tea +W 10
        """
    )


def test_a_slow_room_says_how_long_to_wait(bench: EngineHarness, clock: MovedClock) -> None:
    slow(bench)
    bob = bench.people["bob"]
    assert bob.ask("PRIVMSG #tea :one") == []
    assert bob.ask("PRIVMSG #tea :two") == [WAIT.format(10)]
    clock.instant += 4500
    assert bob.ask("PRIVMSG #tea :two", "PRIVMSG @#tea :help") == [WAIT.format(6)] * 2
    assert bob.ask("NOTICE #tea :two") == []
    clock.instant += 5500
    assert bob.ask("PRIVMSG @#tea :help") == []
    assert bob.ask("PRIVMSG #tea :two") == [WAIT.format(10)]
    assert [line.params[-1] for line in bench.people["alice"].hears("PRIVMSG")] == ["one", "help"]


def test_operators_and_voiced_users_are_exempt_from_slow_mode(bench: EngineHarness) -> None:
    slow(bench)
    bench.people["alice"].send("MODE #tea +v bob")
    bench.play("alice .\nbob .")
    for person in ("alice", "bob"):
        assert bench.people[person].ask("PRIVMSG #tea :one", "PRIVMSG #tea :two") == []


def test_rejoining_does_not_reset_slow_mode(bench: EngineHarness) -> None:
    slow(bench)
    bob = bench.people["bob"]
    bob.ask("PRIVMSG #tea :one", "PART #tea", "JOIN #tea,#milk")
    assert bob.ask("PRIVMSG #tea,#milk :two") == [WAIT.format(10)]


def test_slow_mode_applies_to_all_devices_of_an_account(bench: EngineHarness) -> None:
    account(bench, "bob")
    first, second = enter(bench, "bob", "bob"), enter(bench, "bobby", "bob")
    gather(bench, "#tea", "alice")
    for person in (first, second):
        person.ask("JOIN #tea")
    bench.people["alice"].send("MODE #tea +W 10")
    first.ask("PRIVMSG #tea :one")
    second.heard()
    assert second.ask("PRIVMSG #tea :two") == [WAIT.format(10).replace(" bob ", " bobby ")]


def test_slow_mode_counts_reactions_but_not_typing(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    bob = bench.connect("bob", "message-tags")
    bob.ask("JOIN #tea")
    bench.people["alice"].send("MODE #tea +W 10")
    bob.heard()
    assert bob.ask("@+typing=active TAGMSG #tea", "@+typing=active TAGMSG #tea") == []
    assert bob.ask("@+react=x TAGMSG #tea") == []
    assert bob.ask("@+react=y TAGMSG #tea") == [WAIT.format(10)]
    assert bob.ask("@+typing=active TAGMSG #tea") == []


def test_slow_mode_counts_a_multiline_message_once(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    bob = bench.connect("bob", "message-tags", "batch", "draft/multiline")
    bob.ask("JOIN #tea")
    bench.people["alice"].send("MODE #tea +W 10")
    lines = (
        "BATCH +1 draft/multiline #tea",
        "@batch=1 PRIVMSG #tea :a",
        "@batch=1 PRIVMSG #tea :b",
        "BATCH -1",
    )
    bob.heard()
    assert bob.ask(*lines) == []
    assert bob.ask(*lines) == [WAIT.format(10)]


def test_the_pause_can_be_shown_changed_and_removed(bench: EngineHarness) -> None:
    slow(bench)
    bench.play(
        """
        alice > MODE #tea +lk 5 key
        alice < :alice!~alice@127.0.0.1 MODE #tea +lk 5 key
        bob .
        bob > MODE #tea
        bob < :irc.example 324 bob #tea +Wklnt 10 key 5
        bob ~ :irc.example 329 bob *
        bob > MODE #tea -W
        bob ~ :irc.example 482 bob #tea :*
        bob > PRIVMSG #tea :one
        alice .
        alice > MODE #tea +W 20
        alice < :alice!~alice@127.0.0.1 MODE #tea +W 20
        bob .
        bob > PRIVMSG #tea :two
        bob =
        alice .
        alice > MODE #tea -W
        alice < :alice!~alice@127.0.0.1 MODE #tea -W
        alice > MODE #tea -W
        alice =
        """
    )


@pytest.mark.parametrize("value", ["0", "-1", "abc", "21601", "999999999999", "१"])
def test_invalid_pauses_are_refused(bench: EngineHarness, value: str) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    assert alice.ask(f"MODE #tea +W {value}") == [
        f":irc.example 696 alice #tea W {value} :The interval must be between 1 and 21600 seconds"
    ]
    assert alice.ask("MODE #tea +W")[0].startswith(":irc.example 461 ")


def test_the_pause_survives_a_restart(bench: EngineHarness) -> None:
    slow(bench)
    bench.restart()
    gather(bench, "#tea", "alice", "bob")
    assert bench.people["bob"].ask("MODE #tea")[0] == ":irc.example 324 bob #tea +Wnt 10"


def test_messages_with_a_forbidden_word_are_refused(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob", "carol")
    bench.play(
        """
        alice > MODE #tea +gg coffee *кофе*
        alice < :alice!~alice@127.0.0.1 MODE #tea +gg coffee *кофе*
        bob =
        bob > PRIVMSG #tea :no COFFEE, please
        bob < :irc.example 404 bob #tea :The message contains a word that this room forbids (+g)
        bob > PRIVMSG #tea :КОФЕЙНЯ
        bob < :irc.example 404 bob #tea :The message contains a word that this room forbids (+g)
        bob > PRIVMSG #tea :\x02co\x02\x0304ffee\x0f
        bob < :irc.example 404 bob #tea :The message contains a word that this room forbids (+g)
        bob > NOTICE #tea :coffee
        bob =
        alice =
        bob > PRIVMSG #tea :coffeehouse
        bob =
        alice < :bob!~bob@127.0.0.1 PRIVMSG #tea :coffeehouse
        alice > PRIVMSG #tea :coffee
        bob < :alice!~alice@127.0.0.1 PRIVMSG #tea :coffee
        """
    )


def test_only_operators_see_the_word_list(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob", "carol")
    bench.play(
        """
        alice > MODE #tea +ogt-i bob coffee
        alice < :alice!~alice@127.0.0.1 MODE #tea +o bob
        alice < :alice!~alice@127.0.0.1 MODE #tea +g coffee
        bob < :alice!~alice@127.0.0.1 MODE #tea +o bob
        bob < :alice!~alice@127.0.0.1 MODE #tea +g coffee
        carol < :alice!~alice@127.0.0.1 MODE #tea +o bob
        carol =
        carol > MODE #tea g
        carol ~ :irc.example 482 carol #tea :*
        bob > MODE #tea g
        bob ~ :irc.example 941 bob #tea coffee alice!~alice@127.0.0.1 *
        bob ~ :irc.example 940 bob #tea :*
        bob > MODE #tea -g COFFEE
        bob < :bob!~bob@127.0.0.1 MODE #tea -g coffee
        carol > PRIVMSG #tea :coffee
        carol =
        """
    )


def test_word_lists_are_hidden_in_playback_and_audit(bench: EngineHarness) -> None:
    (alice,) = gather_readers(bench, "#tea", "alice", caps=PLAYBACK)
    alice.send("MODE #tea +g coffee")
    (bob,) = gather_readers(bench, "#tea", "bob", caps=PLAYBACK)
    changes = [line.params for line in page(bob, "LATEST #tea * 9") if line.command == "MODE"]
    assert changes == [["#tea", "+g", "*"]]
    with bench.database.reading() as session:
        assert [one.detail["modes"] for one in audit.find_latest_entries(session, 9)] == ["+g coffee"]


@pytest.mark.parametrize("word", ["a", "*", "**", "*a*", "co*ee", ":x", "has space"])
def test_invalid_words_are_refused(bench: EngineHarness, word: str) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    assert alice.ask(f"MODE #tea +g :{word}")[0].startswith(":irc.example 696 alice #tea g ")


def test_the_word_list_is_limited_and_survives_a_restart(make_bench: MakeBench) -> None:
    bench = make_bench(max_list_entries=1)
    gather(bench, "#tea", "alice", "bob")
    assert bench.people["alice"].ask("MODE #tea +gg coffee milk")[-2:] == [
        ":irc.example 478 alice #tea g :The list is full",
        ":alice!~alice@127.0.0.1 MODE #tea +g coffee",
    ]
    bench.restart()
    gather(bench, "#tea", "alice", "bob")
    assert bench.people["bob"].ask("PRIVMSG #tea :coffee") == [BAD]


def test_forbidden_words_are_refused_in_topics_and_part_reasons(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    bench.play(
        """
        alice > MODE #tea +g-t coffee
        alice .
        bob .
        bob > TOPIC #tea :coffee only
        bob < :irc.example 404 bob #tea :The message contains a word that this room forbids (+g)
        bob > PART #tea :coffee, bye
        bob < :bob!~bob@127.0.0.1 PART #tea
        alice < :bob!~bob@127.0.0.1 PART #tea
        """
    )


def test_forbidden_words_apply_to_multiline_and_operator_messages(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    bob = bench.connect("bob", "message-tags", "batch", "draft/multiline")
    bob.ask("JOIN #tea")
    bench.people["alice"].send("MODE #tea +g coffee")
    bob.heard()
    lines = (
        "BATCH +1 draft/multiline #tea",
        "@batch=1 PRIVMSG #tea :a",
        "@batch=1 PRIVMSG #tea :coffee",
        "BATCH -1",
    )
    assert bob.ask(*lines) == [BAD]
    assert bob.ask("PRIVMSG @#tea :coffee") == [BAD]


def test_a_registered_only_room_admits_only_accounts(bench: EngineHarness) -> None:
    account(bench, "anna")
    gather(bench, "#tea", "alice", "bob")
    people(bench, "carol")
    enter(bench, "anna", "anna")
    bench.play(
        """
        alice > MODE #tea +R
        alice < :alice!~alice@127.0.0.1 MODE #tea +R
        bob .
        carol > JOIN #tea
        carol ~ :irc.example 477 carol #tea :*
        bob > PRIVMSG #tea :hello
        bob < :irc.example 404 bob #tea :Log in to an account to speak in this room (+R)
        alice =
        anna > JOIN #tea
        anna < :anna!~anna@127.0.0.1 JOIN #tea
        anna .
        alice .
        bob .
        anna > PRIVMSG #tea :hello
        alice < :anna!~anna@127.0.0.1 PRIVMSG #tea :hello
        alice > MODE #tea +v bob
        alice .
        bob .
        bob > PRIVMSG #tea :hello
        bob =
        alice < :bob!~bob@127.0.0.1 PRIVMSG #tea :hello
        alice > INVITE carol #tea
        carol .
        carol > JOIN #tea
        carol < :carol!~carol@127.0.0.1 JOIN #tea
        """
    )
