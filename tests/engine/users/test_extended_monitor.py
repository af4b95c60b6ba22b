"""Notifications of extended-monitor (IRCv3)."""

from tests.engine.account_clients import PASSWORD, account, log_in
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people

CAPS = ("extended-monitor", "away-notify", "account-notify")


def test_monitors_see_away_changes(
    bench: EngineHarness,
) -> None:
    bench.connect("alice", *CAPS)
    people(bench, "bob")
    bench.play(
        """
        alice > MONITOR + bob
        alice .
        bob > AWAY :having tea
        alice < :bob!~bob@127.0.0.1 AWAY :having tea
        alice =
        bob > AWAY
        alice < :bob!~bob@127.0.0.1 AWAY
        alice > MONITOR - bob
        bob > AWAY :having tea
        alice =
        """
    )


def test_monitors_see_account_changes(bench: EngineHarness) -> None:
    bench.connect("alice", *CAPS).ask("MONITOR + bob")
    account(bench, "anna", PASSWORD)
    bob = bench.connect("bob", "sasl")
    bench.play("alice .")
    log_in(bob, "anna")
    bench.play(
        """
        alice < :bob!~bob@127.0.0.1 ACCOUNT anna
        bob > LOGOUT
        alice < :bob!~bob@127.0.0.1 ACCOUNT *
        alice =
        """
    )


def test_a_monitor_in_a_shared_room_is_notified_once(bench: EngineHarness) -> None:
    bench.connect("alice", *CAPS)
    for room in ("#tea", "#milk"):
        gather(bench, room, "alice", "bob")
    bench.play(
        """
        alice > MONITOR + bob
        alice .
        bob > AWAY :having tea
        alice < :bob!~bob@127.0.0.1 AWAY :having tea
        alice =
        """
    )


def test_both_capabilities_are_needed(bench: EngineHarness) -> None:
    for name, caps in {"alice": ["extended-monitor"], "carol": ["away-notify"], "dave": []}.items():
        bench.connect(name, *caps)
    people(bench, "bob")
    for name in ("alice", "carol", "dave"):
        bench.people[name].ask("MONITOR + bob")
    bench.play(
        """
        bob > AWAY :having tea
        alice =
        carol =
        dave =
        alice > CAP REQ away-notify
        alice .
        bob > AWAY
        alice < :bob!~bob@127.0.0.1 AWAY
        """
    )


def test_monitors_work_whoever_connects_first(bench: EngineHarness) -> None:
    bench.connect("alice", *CAPS).ask("MONITOR + bob")
    bench.connect("bob")
    bench.play(
        """
        alice < :irc.example 730 * :bob!~bob@127.0.0.1
        bob > AWAY :having tea
        alice < :bob!~bob@127.0.0.1 AWAY :having tea
        bob > JOIN #tea
        alice =
        """
    )
