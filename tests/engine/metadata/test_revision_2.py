"""METADATA as clients that know only `draft/metadata-2` expect it."""

import pytest

from app.commands.metadata.limits import MAX_SUBSCRIPTIONS, MAX_VALUE_BYTES
from app.engine.limits.server_rate_limits import MAX_METADATA_CHANGES
from tests.engine import scenes
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness

CAPS = ("draft/metadata-2", "batch", "labeled-response")
CAPS_3 = ("draft/metadata-3", "batch", "labeled-response")


def test_both_revisions_are_offered_with_the_same_limits(bench: EngineHarness) -> None:
    alice = bench.dial("alice")
    offered = " ".join(line.partition(" LS ")[2] for line in alice.ask("CAP LS 302"))
    values = [word.partition("=")[2] for word in offered.split() if "metadata-" in word]
    assert len(values) == 2
    assert len(set(values)) == 1
    assert alice.ask("CAP REQ :batch draft/metadata-2")[0].endswith("ACK :batch draft/metadata-2")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("METADATA * SNEEZE", "FAIL METADATA SUBCOMMAND_INVALID SNEEZE"),
        ("METADATA nobody GET color", "FAIL METADATA INVALID_TARGET nobody"),
        ("METADATA * SET $url$ x", "FAIL METADATA KEY_INVALID $url$"),
        ("METADATA bob SET color red", "FAIL METADATA KEY_NO_PERMISSION bob color"),
        ("METADATA * SET color", "FAIL METADATA KEY_NOT_SET alice color"),
        (f"METADATA * SET color {'x' * (MAX_VALUE_BYTES + 1)}", "FAIL METADATA VALUE_INVALID"),
    ],
)
def test_refusals_have_the_codes_of_revision_2(bench: EngineHarness, asked: str, answer: str) -> None:
    bench.connect("alice", *CAPS)
    bench.connect("bob", *CAPS)
    bench.play(
        f"""
        alice > {asked}
        alice ~ :irc.example {answer} :*
        alice =
        """
    )


def test_limits_have_the_codes_of_revision_2(make_bench: MakeBench) -> None:
    bench = make_bench(max_metadata=1)
    alice = bench.connect("alice", *CAPS)
    alice.ask("METADATA * SET color red")
    assert alice.ask("METADATA * SET url x")[0].startswith(":irc.example FAIL METADATA LIMIT_REACHED alice :")
    for number in range(0, MAX_SUBSCRIPTIONS, 10):
        alice.ask(f"METADATA * SUB {' '.join(f'key-{number + place}' for place in range(10))}")
    refused = alice.ask("METADATA * SUB one two")
    assert refused[0].startswith(":irc.example FAIL METADATA TOO_MANY_SUBS one :")
    for number in range(MAX_METADATA_CHANGES):
        last = alice.ask(f"METADATA * SET color {number}")
    assert last[0].startswith(":irc.example FAIL METADATA RATE_LIMITED alice color ")


def test_values_are_set_listed_and_cleared(bench: EngineHarness) -> None:
    bench.connect("alice", *CAPS)
    bench.play(
        """
        alice > METADATA * SET color red
        alice < :irc.example 761 alice alice color * :red
        alice > METADATA * SET status :
        alice < :irc.example 761 alice alice status * :
        alice > METADATA alice GET Bad color none
        alice ~ * BATCH +* metadata alice
        alice ~ @batch=* :irc.example FAIL METADATA KEY_INVALID Bad :*
        alice ~ @batch=* :irc.example 761 alice alice color * :red
        alice ~ @batch=* :irc.example 766 alice alice none :*
        alice ~ * BATCH -*
        alice > METADATA * SET status
        alice ~ :irc.example 766 alice alice status :*
        alice > METADATA * CLEAR
        alice ~ * BATCH +* metadata alice
        alice ~ @batch=* :irc.example 766 alice alice color :*
        alice ~ * BATCH -*
        """
    )


def test_each_revision_is_notified_in_its_own_form(bench: EngineHarness) -> None:
    alice, _, carol = scenes.gather(bench, "#tea", "alice", "bob", "carol")
    alice.ask(f"CAP REQ :{' '.join(CAPS)}", "METADATA * SUB color")
    carol.ask(f"CAP REQ :{' '.join((*CAPS, *CAPS_3))}", "METADATA * SUB color")
    bench.play(
        """
        bob > METADATA * SET color blue
        bob ~ * 761 *
        alice < :irc.example METADATA bob color * :blue
        carol < :irc.example 761 * bob color * :blue
        bob > METADATA * SET color
        bob ~ * 766 *
        alice < :irc.example METADATA bob color *
        carol ~ :irc.example 766 * bob color :*
        alice =
        carol =
        """
    )


def test_subscribing_sends_the_current_values(bench: EngineHarness) -> None:
    alice, bob = scenes.gather(bench, "#tea", "alice", "bob")
    bob.ask("METADATA * SET color blue", "METADATA * SET url https://bob.example")
    alice.ask(f"CAP REQ :{' '.join(CAPS)}")
    bench.play(
        """
        alice > METADATA * SUB color Bad
        alice ~ :irc.example FAIL METADATA KEY_INVALID Bad :*
        alice < :irc.example 770 alice color
        alice < :irc.example METADATA bob color * :blue
        alice > METADATA * SUB color url
        alice < :irc.example 770 alice color url
        alice < :irc.example METADATA bob url * :https://bob.example
        alice > METADATA bob SYNC
        alice ~ * BATCH +* metadata bob
        alice ~ @batch=* :irc.example METADATA bob color * :blue
        alice ~ @batch=* :irc.example METADATA bob url * :https://bob.example
        alice ~ * BATCH -*
        """
    )


def test_the_join_burst_uses_metadata_messages(bench: EngineHarness) -> None:
    (bob,) = scenes.gather(bench, "#tea", "bob")
    bob.ask("METADATA #tea SET url https://tea.example", "METADATA * SET url https://bob.example")
    bench.connect("alice", *CAPS).ask("METADATA * SUB url")
    bench.play(
        """
        alice > JOIN #tea
        alice ~ * JOIN #tea
        alice ~ * 353 *
        alice ~ * 366 *
        alice ~ :irc.example BATCH +* metadata #tea
        alice ~ @batch=* :irc.example METADATA #tea url * :https://tea.example
        alice ~ @batch=* :irc.example METADATA bob url * :https://bob.example
        alice ~ :irc.example BATCH -*
        alice =
        """
    )


def test_the_welcome_repeats_early_values_as_messages(bench: EngineHarness) -> None:
    """draft/metadata-2, "Setting keys and subscribing with before-connect"."""
    person = bench.dial("abc")
    person.ask("CAP REQ :batch draft/metadata-2")
    assert person.ask("METADATA * SUB display-name") == [":irc.example 770 * display-name"]
    assert person.ask("METADATA * SET display-name :a b c") == [":irc.example 761 * * display-name * :a b c"]
    heard = person.ask("NICK abc", "USER u s e r", "CAP END")
    start = next(place for place, line in enumerate(heard) if " BATCH +" in line)
    assert heard[start].endswith(" metadata abc")
    assert heard[start + 1].endswith(" :irc.example METADATA abc display-name * :a b c")
    assert any(" 422 " in line or " 376 " in line for line in heard[start:])


def test_a_postponed_sync_has_no_text(make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.commands.metadata.syncing.MAX_LINES_PER_PAGE", 1)
    bench = make_bench()
    alice, bob = scenes.gather(bench, "#tea", "alice", "bob")
    for person in (alice, bob):
        person.ask("METADATA * SET color red")
    alice.ask(f"CAP REQ :{' '.join(CAPS)}")
    assert alice.ask("METADATA * SUB color") == [
        ":irc.example 770 alice color",
        ":irc.example 774 alice #tea 0",
    ]
