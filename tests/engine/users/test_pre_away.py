"""AWAY before registration (IRCv3 draft/pre-away)."""

import pytest

from tests.engine.account_clients import account, enter, plain
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import gather, people, user


def device(bench: EngineHarness, *lines: str) -> HarnessClient:
    """Connect anna, sending lines before registration completes."""
    person = bench.dial("anna")
    person.send("CAP REQ :sasl draft/pre-away", "AUTHENTICATE PLAIN", *plain("anna"), *lines)
    person.send("NICK anna", "USER anna 0 * :Anna", "CAP END")
    person.heard()
    return person


def test_away_before_registration_applies_at_once(bench: EngineHarness) -> None:
    bench.connect("alice", "away-notify", "extended-monitor").ask("MONITOR + bob")
    bench.dial("bob")
    bench.play(
        """
        bob > CAP REQ draft/pre-away
        bob ~ *ACK*
        bob > AWAY :having tea
        bob < :irc.example 306 * :You are now marked as away
        bob > NICK bob
        bob > USER bob 0 * :Bob
        bob =
        alice =
        bob > CAP END
        bob ~ :irc.example 001 bob *
        bob .
        alice < :irc.example 730 * :bob!~bob@127.0.0.1
        alice < :bob!~bob@127.0.0.1 AWAY :having tea
        alice =
        alice > PRIVMSG bob :hi
        alice < :irc.example 301 alice bob :having tea
        """
    )


def test_the_last_away_before_registration_applies(bench: EngineHarness) -> None:
    bench.dial("bob").send("CAP REQ draft/pre-away", "AWAY :having tea", "AWAY")
    bench.play(
        """
        bob ~ *ACK*
        bob ~ :irc.example 306 * :*
        bob < :irc.example 305 * :You are no longer marked as away
        bob > NICK bob
        bob > USER bob 0 * :Bob
        bob > CAP END
        """
    )
    assert user(bench, "bob").away is None


def test_early_away_needs_the_capability(bench: EngineHarness) -> None:
    bench.dial("bob")
    bench.play(
        """
        bob > AWAY :having tea
        bob ~ :irc.example 451 * :*
        """
    )


def test_an_unspecified_reason_is_relayed_as_a_star(bench: EngineHarness) -> None:
    gather(
        bench, "#tea", bench.connect("alice", "away-notify").name, bench.connect("bob", "draft/pre-away").name
    )
    bench.play(
        """
        bob > AWAY *
        bob ~ :irc.example 306 bob :*
        alice < :bob!~bob@127.0.0.1 AWAY :*
        """
    )


@pytest.mark.parametrize(("said", "then"), [("AWAY *", None), ("AWAY :tea", "tea"), ("PING x", None)])
def test_an_unattended_device_does_not_set_away(bench: EngineHarness, said: str, then: str | None) -> None:
    account(bench, "anna")
    enter(bench, "anna", "anna")
    device(bench, said)
    assert user(bench, "anna").away == then


@pytest.mark.parametrize(("said", "then"), [("AWAY *", "*"), ("AWAY", None), ("PING x", None)])
def test_an_attended_device_clears_away(bench: EngineHarness, said: str, then: str | None) -> None:
    account(bench, "anna")
    (alice,) = people(bench, "alice")
    device(bench, "AWAY *")
    assert alice.ask("PRIVMSG anna :hi") == [":irc.example 301 alice anna :*"]
    device(bench, said)
    assert user(bench, "anna").away == then


def test_an_explicit_reason_survives_a_new_device(bench: EngineHarness) -> None:
    account(bench, "anna")
    enter(bench, "anna", "anna").send("AWAY :having tea")
    device(bench)
    assert user(bench, "anna").away == "having tea"
