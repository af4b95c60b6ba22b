"""Conversations: what watchers hear beside coming and going (IRC_BEHAVIOUR section 10, extended-monitor)."""

from tests.engine.account_clients import PASSWORD, account, log_in
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people

CAPS = ("extended-monitor", "away-notify", "account-notify")


def test_who_watches_hears_of_going_away_and_coming_back_without_a_room_in_common(
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


def test_who_watches_hears_of_logging_in_and_out(bench: EngineHarness) -> None:
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


def test_a_neighbour_who_watches_hears_it_once(bench: EngineHarness) -> None:
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


def test_nothing_is_heard_without_both_capabilities(bench: EngineHarness) -> None:
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


def test_it_makes_no_difference_who_was_there_first(bench: EngineHarness) -> None:
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
