"""Replay on join for clients without draft/chathistory."""

import pytest

from app.engine.submission_unit import SubmissionUnit
from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine.account_clients import account
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.history_clients import CAPS, enter

NOON = 1_795_003_200_000 - 1_795_003_200_000 % 86_400_000 + 43_200_000


@pytest.fixture
def noon(clock: MovedClock) -> MovedClock:
    """A clock set to noon."""
    clock.instant = NOON
    return clock


def teller(bench: EngineHarness) -> HarnessClient:
    """Connect a member of #tea with draft/chathistory."""
    alice = bench.connect("alice", *CAPS)
    alice.send("JOIN #tea")
    alice.heard()
    return alice


def shown(person: HarnessClient, line: str = "JOIN #tea") -> list[str]:
    """Send a line and return the texts of the messages received."""
    return [heard.params[-1] for heard in map(parse, person.ask(line)) if heard.command == "PRIVMSG"]


def test_replayed_lines_carry_the_time_in_the_text_without_server_time(
    bench: EngineHarness, noon: MovedClock
) -> None:
    alice = teller(bench)
    alice.send("PRIVMSG #tea :hi", "NOTICE #tea :psst", "PRIVMSG #tea :\x01ACTION waves\x01")
    bench.connect("bob")
    bench.play(
        """
        bob > JOIN #tea
        bob < :bob!~bob@127.0.0.1 JOIN #tea
        bob < :irc.example 353 bob = #tea :@alice bob
        bob ~ :irc.example 366 bob #tea :*
        bob ~ :alice!~alice@127.0.0.1 PRIVMSG #tea :[20*-*-* 12:00:00 UTC] hi
        bob ~ :alice!~alice@127.0.0.1 NOTICE #tea :[20*-*-* 12:00:00 UTC] psst
        bob ~ :alice!~alice@127.0.0.1 PRIVMSG #tea :\x01ACTION [20*-*-* 12:00:00 UTC] waves\x01
        bob =
        """
    )


def test_replayed_lines_carry_the_time_tag_with_server_time(bench: EngineHarness, noon: MovedClock) -> None:
    alice = teller(bench)
    alice.send("PRIVMSG #tea :hi")
    (echo,) = map(parse, alice.heard())
    noon.instant += 3_600_000
    bob = bench.connect("bob", "server-time", "message-tags")
    (seen,) = [line for line in map(parse, bob.ask("JOIN #tea")) if line.command == "PRIVMSG"]
    assert seen == echo
    assert seen.tags["time"].endswith("T12:00:00.002Z")


def test_clients_with_chathistory_get_no_replay(bench: EngineHarness) -> None:
    teller(bench).send("PRIVMSG #tea :hi")
    bob = bench.connect("bob", "draft/chathistory")
    assert shown(bob) == []


@pytest.mark.parametrize("restarted", [False, True])
def test_replay_is_limited_to_the_latest_messages(make_bench: MakeBench, restarted: bool) -> None:
    bench = make_bench(replay=3)
    alice = teller(bench)
    for number in range(9):
        alice.send(f"PRIVMSG #tea :{number}", "@+draft/react=x TAGMSG #tea", "PART #tea", "JOIN #tea")
    if restarted:
        bench.restart()
    assert shown(bench.connect("bob", "server-time")) == ["6", "7", "8"]
    assert shown(bench.connect("carol", "server-time")) == ["6", "7", "8"]


def test_replay_can_be_disabled(make_bench: MakeBench) -> None:
    bench = make_bench(replay=0)
    teller(bench).send("PRIVMSG #tea :hi")
    assert shown(bench.connect("bob")) == []


def test_after_a_restart_replay_precedes_new_messages(bench: EngineHarness) -> None:
    teller(bench).send("PRIVMSG #tea :old")
    bench.restart()
    alice = teller(bench)
    alice.send("PRIVMSG #tea :new")
    bob = bench.connect("bob", "server-time")
    assert shown(bob) == ["old", "new"]
    alice.send("PRIVMSG #tea :newer")
    assert [line.params[-1] for line in bob.hears("PRIVMSG")] == ["newer"]
    assert shown(bench.connect("carol", "server-time")) == ["old", "new", "newer"]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_join_within_a_changeset_sees_each_message_once(bench: EngineHarness, restarted: bool) -> None:
    """Replayed lines precede live ones, even for a message stored together with the JOIN."""
    alice, bob = teller(bench), bench.connect("bob", "server-time")
    alice.send("PRIVMSG #tea :stored")
    if restarted:
        bench.restart()
        alice, bob = teller(bench), bench.connect("bob", "server-time")
    steps = [
        (alice, "PRIVMSG #tea :before"),
        (bob, "JOIN #tea"),
        (alice, "PRIVMSG #tea :after"),
    ]
    bench.core.engine.cycle([SubmissionUnit(person.client, [bench.request(line)]) for person, line in steps])
    heard = bob.hears("PRIVMSG")
    assert [line.params[-1] for line in heard] == ["stored", "before", "after"]
    assert [line.tags["time"] for line in heard] == sorted({line.tags["time"] for line in heard})


def test_ctcp_requests_are_not_replayed(bench: EngineHarness) -> None:
    teller(bench).send("PRIVMSG #tea :\x01VERSION\x01", "PRIVMSG #tea :hi")
    assert shown(bench.connect("bob", "server-time")) == ["hi"]


def test_a_replayed_line_of_full_length_is_not_cut(bench: EngineHarness) -> None:
    text = "я" * 230
    teller(bench).send(f"PRIVMSG #tea :{text}")
    bob = bench.connect("bob")
    assert shown(bob) == [text]


def test_a_further_device_gets_the_replay_too(bench: EngineHarness) -> None:
    account(bench, "anna")
    enter(bench, "anna", "anna").send("JOIN #tea")
    teller(bench).send("PRIVMSG #tea :hi")
    device = bench.dial("anna")
    device.send("PASS :anna:sesame street", "CAP REQ server-time", "NICK anna", "USER anna 0 * :anna")
    assert shown(device, "CAP END") == ["hi"]


def test_rejoining_replays_missed_messages(bench: EngineHarness) -> None:
    alice, bob = teller(bench), bench.connect("bob", "server-time")
    bob.send("JOIN #tea", "PART #tea")
    alice.send("PRIVMSG #tea :missed")
    assert shown(bob) == ["missed"]


def test_messages_to_operators_are_not_replayed(bench: EngineHarness) -> None:
    teller(bench).send("PRIVMSG @#tea :psst", "PRIVMSG #tea :hi")
    assert shown(bench.connect("bob", "server-time")) == ["hi"]
