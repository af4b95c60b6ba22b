"""OPER and deopering."""

import pytest
from argon2 import PasswordHasher

from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine.account_clients import account, codes, enter, log_in
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people, user

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("open sesame")
WRONG = ":irc.example 464 alice :Wrong operator name or password"


@pytest.fixture
def bench(make_bench: MakeBench) -> EngineHarness:
    """A server with an operator in its settings."""
    return make_bench(operators={"root": HASH}, login_attempts=3)


def operators(bench: EngineHarness, asker: str) -> list[str]:
    """Return the number of operators in LUSERS."""
    return [parse(line).params[1] for line in bench.people[asker].ask("LUSERS") if " 252 " in line]


def test_oper_with_the_right_password_grants_administration(bench: EngineHarness) -> None:
    people(bench, "alice", "bob")
    assert operators(bench, "bob") == ["0"]
    bench.play(
        """
        alice > OPER root :open sesame
        alice < :irc.example 381 alice :You are now a server operator
        alice < :alice!~alice@127.0.0.1 MODE alice +o
        alice =
        alice > MODE alice
        alice < :irc.example 221 alice +io
        alice > KILL bob
        alice =
        """
    )
    assert bench.people["bob"].ear.is_finished
    assert operators(bench, "alice") == ["1"]


@pytest.mark.parametrize("said", ["root wrong", "ROOT :open sesame", "nobody :open sesame", "alice x"])
def test_a_wrong_name_or_password_changes_nothing(bench: EngineHarness, said: str) -> None:
    (alice,) = people(bench, "alice")
    assert alice.ask(f"OPER {said}") == [WRONG]
    assert codes(alice.ask("KILL alice")) == ["481"]


def test_an_operator_name_matches_in_composed_and_decomposed_form(make_bench: MakeBench) -> None:
    bench = make_bench(operators={"Jose\u0301": HASH, "R\u00e9ne": HASH})
    for nick, name in (("alice", "Jos\u00e9"), ("bob", "Re\u0301ne")):
        assert codes(bench.connect(nick).ask(f"OPER {name} :open sesame"))[0] == "381"


def test_oper_needs_a_password(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    assert codes(alice.ask("OPER root")) == ["461"]


def test_failed_oper_attempts_are_limited_without_locking_accounts(
    bench: EngineHarness, clock: MovedClock
) -> None:
    account(bench, "root")
    alice = bench.connect("alice", address="192.0.2.7")
    for _ in range(3):
        assert alice.ask("OPER root wrong") == [WRONG]
    wait = ":irc.example 464 {} :Too many wrong passwords; wait 5 minutes and try again"
    assert alice.ask("OPER root :open sesame") == [wait.format("alice")]
    bob = bench.connect("bob", "sasl", address="192.0.2.8")
    for number in range(2, 2 + 9):
        guesser = bench.connect(f"guesser{number}", address=f"198.51.100.{number}")
        for _ in range(3):
            guesser.ask("OPER root wrong")
    assert bob.ask("OPER root :open sesame") == [wait.format("bob")]
    assert codes(log_in(bob, "root"))[-1] == "903"
    clock.instant += 300_001
    again = bench.connect("again", address="192.0.2.7")
    assert codes(again.ask("OPER root :open sesame")) == ["381", "MODE"]


def test_deoper_lasts_until_the_next_login(bench: EngineHarness) -> None:
    account(bench, "anna", role="admin")
    anna = enter(bench, "anna", "anna")
    assert operators(bench, "anna") == ["1"]
    bench.play(
        """
        anna > OPER root :open sesame
        anna < :irc.example 381 anna :You are now a server operator
        anna =
        anna > MODE anna -o
        anna < :anna!~anna@127.0.0.1 MODE anna -o
        anna > MODE anna -o
        anna =
        anna > KILL anna
        anna ~ :irc.example 481 anna :*
        """
    )
    assert operators(bench, "anna") == ["0"]
    assert codes(anna.ask("LOGOUT"))[0] == "901"
    log_in(anna, "anna")
    assert user(bench, bench.people["anna"].client.nick).is_admin


def test_mode_cannot_grant_oper(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        """
        alice > MODE alice +o
        alice =
        alice > MODE alice
        alice < :irc.example 221 alice +i
        """
    )


def test_oper_status_ends_with_the_session(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    alice.ask("OPER root :open sesame")
    alice.send("QUIT")
    bench.connect("alice")
    assert not user(bench, "alice").is_admin


def test_oper_status_controls_ops_in_official_rooms(make_bench: MakeBench) -> None:
    bench = make_bench(operators={"root": HASH}, auto_join=["#general"])
    gather(bench, "#general", "alice", "bob")
    bench.play(
        """
        alice > OPER root :open sesame
        alice ~ :irc.example 381 *
        alice < :alice!~alice@127.0.0.1 MODE alice +o
        alice < :irc.example MODE #general +o alice
        bob < :irc.example MODE #general +o alice
        bob =
        alice > MODE alice -o
        alice ~ *MODE alice -o
        alice < :irc.example MODE #general -o alice
        bob < :irc.example MODE #general -o alice
        """
    )


def test_a_labelled_oper_gets_one_response(bench: EngineHarness) -> None:
    bench.connect("alice", "labeled-response", "batch")
    bench.play(
        """
        alice > @label=o OPER root wrong
        alice ~ @label=o :irc.example 464 alice :*
        alice > @label=o OPER root :open sesame
        alice ~ @label=o :irc.example BATCH +* labeled-response
        alice ~ @batch=* :irc.example 381 *
        alice ~ @batch=* :alice!~alice@127.0.0.1 MODE alice +o
        alice ~ *BATCH -*
        alice =
        """
    )
