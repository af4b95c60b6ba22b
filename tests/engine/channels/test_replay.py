"""Replay on join for clients without draft/chathistory."""

import pytest

from app.engine.submission_unit import SubmissionUnit
from app.events import Event, Kind
from app.events.data import MessageData
from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine.account_clients import account
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.history_clients import CAPS, enter
from tests.story import record_now

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


def test_a_further_device_gets_no_replay(bench: EngineHarness) -> None:
    """The user is in the room, and has missed nothing."""
    account(bench, "anna")
    enter(bench, "anna", "anna").send("JOIN #tea")
    teller(bench).send("PRIVMSG #tea :hi")
    device = bench.dial("anna")
    device.send("PASS :anna:sesame street", "CAP REQ server-time", "NICK anna", "USER anna 0 * :anna")
    assert shown(device, "CAP END") == []


def test_rejoining_replays_missed_messages(bench: EngineHarness) -> None:
    alice, bob = teller(bench), bench.connect("bob", "server-time")
    alice.send("PRIVMSG #tea :old")
    assert shown(bob) == ["old"]
    alice.send("PRIVMSG #tea :live")
    bob.send("PART #tea")
    alice.send("PRIVMSG #tea :missed")
    assert shown(bob) == ["missed"]
    bob.hang_up()
    alice.send("PRIVMSG #tea :missed, too")
    bob = bench.connect("bob", "server-time")
    assert shown(bob) == ["missed, too"]
    assert shown(bob, "PART #tea") == shown(bob) == []


def test_a_returning_guest_is_known_by_nick_and_host(bench: EngineHarness) -> None:
    alice, bob = teller(bench), bench.connect("bob", "server-time")
    alice.send("PRIVMSG #tea :old")
    assert shown(bob) == ["old"]
    bob.hang_up()
    assert shown(bench.connect("bob", "server-time", address="192.0.2.1")) == ["old"]
    bench.people["bob"].hang_up()
    assert shown(bench.connect("carol", "server-time")) == ["old"]
    assert shown(bench.connect("BOB", "server-time")) == []


@pytest.mark.parametrize("restarted", [False, True])
def test_an_account_is_known_under_every_nick_and_host(bench: EngineHarness, restarted: bool) -> None:
    account(bench, "anna")
    alice = teller(bench)
    alice.send("PRIVMSG #tea :old")
    anna = enter_plainly(bench, "anna")
    assert shown(anna) == ["old"]
    anna.hang_up()
    if restarted:
        bench.restart()
        alice = teller(bench)
    alice.send("PRIVMSG #tea :missed")
    assert shown(enter_plainly(bench, "anna_")) == ["missed"]


def test_logging_in_after_joining_counts_for_the_guest_too(bench: EngineHarness) -> None:
    """A client that sends IDENTIFY joins the automatic rooms before it is logged in."""
    account(bench, "anna")
    alice = teller(bench)
    alice.send("PRIVMSG #tea :old")
    for heard in (["old"], []):
        visitor = bench.connect("visitor", "server-time")
        assert shown(visitor) == heard
        visitor.send("NS IDENTIFY anna :sesame street")
        visitor.hang_up()


@pytest.mark.parametrize("restarted", [False, True])
def test_a_guest_has_left_under_the_nick_that_it_gave_up(bench: EngineHarness, restarted: bool) -> None:
    alice, bob = teller(bench), bench.connect("bob", "server-time")
    shown(bob)
    alice.send("PRIVMSG #tea :seen by bob")
    bob.send("NICK robert")
    alice.send("PRIVMSG #tea :seen by robert")
    bob.hang_up()
    if restarted:
        bench.restart()
        teller(bench)
    assert shown(bench.connect("robert", "server-time")) == []
    assert shown(bench.connect("bob", "server-time")) == ["seen by robert"]


def test_an_account_has_left_when_it_logs_out(bench: EngineHarness) -> None:
    account(bench, "anna")
    alice, anna = teller(bench), enter_plainly(bench, "anna")
    shown(anna)
    alice.send("PRIVMSG #tea :seen by anna")
    anna.send("LOGOUT")
    alice.send("PRIVMSG #tea :seen by a guest")
    anna.hang_up()
    assert shown(enter_plainly(bench, "anna")) == ["seen by a guest"]


def test_a_nick_change_and_a_return_in_one_changeset_repeat_nothing(bench: EngineHarness) -> None:
    alice, bob, new = teller(bench), bench.connect("bob", "server-time"), bench.dial("new")
    shown(bob)
    alice.send("PRIVMSG #tea :seen")
    lines = {
        bob: ["NICK robert"],
        alice: ["PRIVMSG #tea :missed"],
        new: ["CAP REQ server-time", "NICK bob", "USER bob 0 * :bob", "CAP END", "JOIN #tea"],
    }
    units = [SubmissionUnit(person.client, list(map(bench.request, said))) for person, said in lines.items()]
    bench.core.engine.cycle(units)
    assert [line.params[-1] for line in new.hears("PRIVMSG")] == ["missed"]


def enter_plainly(bench: EngineHarness, nick: str) -> HarnessClient:
    """Log in to the account anna without history capabilities."""
    anna = bench.dial(nick)
    anna.send("PASS :anna:sesame street", "CAP REQ server-time", f"NICK {nick}", "USER anna 0 * :anna")
    anna.send("CAP END")
    anna.heard()
    return anna


@pytest.mark.parametrize("restarted", [False, True])
def test_messages_beyond_the_limit_are_mentioned(make_bench: MakeBench, restarted: bool) -> None:
    bench = make_bench(replay=3)
    alice, bob = teller(bench), bench.connect("bob", "server-time")
    bob.send("JOIN #tea", "PART #tea")
    for number in range(9):
        alice.send(f"PRIVMSG #tea :{number}")
    if restarted:
        bench.restart()
        bob = bench.connect("bob", "server-time")
    lines = [line for line in map(parse, bob.ask("JOIN #tea")) if line.command in ("NOTICE", "PRIVMSG")]
    notice, *replayed = [(line.nick, line.params) for line in lines]
    assert replayed == [("alice", ["#tea", str(number)]) for number in (6, 7, 8)]
    assert (notice[0], notice[1][0]) == ("irc.example", "#tea")
    words, _, query = notice[1][1].partition(": /msg HistServ ")
    assert words == "You missed older messages as well; to read them"
    older = [parse(line).params[-1] for line in bob.ask(f"PRIVMSG HistServ :{query}")]
    assert [line.split(" ")[5] for line in older[:-1]] == list("012345")


def test_as_many_missed_messages_as_the_limit_are_complete(make_bench: MakeBench) -> None:
    bench = make_bench(replay=3)
    alice, bob = teller(bench), bench.connect("bob", "server-time")
    alice.send("PRIVMSG #tea :old")
    bob.send("JOIN #tea", "PART #tea")
    alice.send(*(f"PRIVMSG #tea :{number}" for number in range(3)))
    lines = list(map(parse, bob.ask("JOIN #tea")))
    assert [line.params[-1] for line in lines if line.command in ("NOTICE", "PRIVMSG")] == ["0", "1", "2"]


def test_the_replay_is_a_chathistory_batch(bench: EngineHarness) -> None:
    teller(bench).send("PRIVMSG #tea :one", "PRIVMSG #tea :two")
    bob = bench.connect("bob", "batch", "server-time")
    *_, start, one, two, end = map(parse, bob.ask("JOIN #Tea"))
    name = start.params[0].removeprefix("+")
    assert (start.command, start.params[1:]) == ("BATCH", ["chathistory", "#tea"])
    assert [line.params[-1] for line in (one, two)] == ["one", "two"]
    assert one.tags["batch"] == two.tags["batch"] == name
    assert (end.command, end.params) == ("BATCH", [f"-{name}"])


def test_the_replay_of_a_labelled_join_is_a_nested_batch(bench: EngineHarness) -> None:
    teller(bench).send("PRIVMSG #tea :one")
    bob = bench.connect("bob", "batch", "labeled-response", "server-time")
    outer, *lines, end = map(parse, bob.ask("@label=x JOIN #tea"))
    reference = outer.params[0].removeprefix("+")
    assert (outer.tags["label"], outer.params[1]) == ("x", "labeled-response")
    assert end.params == [f"-{reference}"]
    inner, message, inner_end = lines[-3:]
    assert inner.params[1:] == ["chathistory", "#tea"]
    assert message.tags["batch"] == inner.params[0].removeprefix("+") == inner_end.params[0].removeprefix("-")
    assert all(line.tags["batch"] == reference for line in (*lines[:-2], inner_end))


def test_nothing_missed_sends_no_batch(bench: EngineHarness) -> None:
    alice, bob = teller(bench), bench.connect("bob", "batch")
    bob.send("JOIN #tea")
    alice.send("PRIVMSG #tea :live")
    bob.send("PART #tea")
    assert [parse(line).command for line in bob.ask("JOIN #tea")] == ["JOIN", "353", "366"]


def test_automatic_rooms_are_replayed_alike(make_bench: MakeBench) -> None:
    bench = make_bench(auto_join=["#tea"])
    alice = teller(bench)
    bench.connect("bob").hang_up()
    alice.send("PRIVMSG #tea :missed")
    bob = bench.dial("bob")
    bob.send("CAP REQ :batch server-time", "NICK bob", "USER bob 0 * :Bob")
    start, message, _ = list(map(parse, bob.ask("CAP END")))[-3:]
    assert (start.params[1:], message.params) == (["chathistory", "#tea"], ["#tea", "missed"])


def test_the_replay_has_the_new_name_of_a_renamed_room(bench: EngineHarness) -> None:
    alice, bob = teller(bench), bench.connect("bob", "server-time")
    bob.send("JOIN #tea", "PART #tea")
    alice.send("PRIVMSG #tea :missed", "RENAME #tea #coffee")
    targets = [line.params[0] for line in map(parse, bob.ask("JOIN #coffee")) if line.command == "PRIVMSG"]
    assert targets == ["#coffee"]


def test_messages_imported_meanwhile_were_not_missed(bench: EngineHarness) -> None:
    alice, bob = teller(bench), bench.connect("bob", "server-time")
    bob.send("JOIN #tea", "PART #tea")
    room = bench.core.runtime.world.find_room("#tea")
    assert room is not None
    imported = Event(Kind.PRIVMSG, room=room.id, nick="old", target="#tea", text="ancient", at=1)
    imported.data = MessageData(imported=True)
    record_now(bench.database, bench.clock, [imported])
    alice.send("PRIVMSG #tea :missed")
    assert shown(bob) == ["missed"]


def test_what_was_missed_without_a_device_is_replayed(make_bench: MakeBench) -> None:
    bench = make_bench(always_on="opt-out")
    account(bench, "anna")
    anna, alice = enter_plainly(bench, "anna"), teller(bench)
    anna.send("JOIN #tea")
    alice.send("PRIVMSG #tea :live")
    anna.hang_up()
    alice.send("PRIVMSG #tea :missed", "KICK #tea anna", "PRIVMSG #tea :missed, too")
    assert shown(enter_plainly(bench, "anna")) == ["missed", "missed, too"]


@pytest.mark.parametrize("reason", ["Ping timeout", "SendQ exceeded", "Connection timed out"])
@pytest.mark.parametrize("always_on", ["off", "opt-out"])
def test_what_an_unresponsive_client_was_sent_is_replayed(
    make_bench: MakeBench, clock: MovedClock, reason: str, always_on: str
) -> None:
    """The server cannot know whether it arrived before the connection broke."""
    bench = make_bench(always_on=always_on)
    account(bench, "anna")
    anna, alice = enter_plainly(bench, "anna"), teller(bench)
    anna.send("JOIN #tea")
    alice.send("PRIVMSG #tea :seen")
    clock.instant += 1_000
    anna.send("PING alive")
    clock.instant += 1_000
    alice.send("PRIVMSG #tea :sent into the void")
    clock.instant += 240_000
    anna.hang_up(reason)
    alice.send("PRIVMSG #tea :missed")
    anna = bench.dial("anna")
    anna.send("PASS :anna:sesame street", "CAP REQ server-time", "NICK anna", "USER anna 0 * :anna")
    assert [*shown(anna, "CAP END"), *shown(anna)] == ["sent into the void", "missed"]


def test_a_client_that_returns_beside_its_broken_connection_missed_little(
    bench: EngineHarness, clock: MovedClock
) -> None:
    """Its nick is still in use, so that it has a longer one, which was never in the room."""
    alice, robot = teller(bench), bench.connect("robot", "server-time")
    alice.send("PRIVMSG #tea :old")
    clock.instant += 1_000
    assert shown(robot) == ["old"]
    clock.instant += 1_000
    alice.send("PRIVMSG #tea :sent into the void")
    again = bench.dial("robot_")
    again.send("CAP REQ server-time", "NICK robot_", "USER robot 0 * :Robot", "CAP END")
    assert shown(again) == ["sent into the void"]
    other = bench.dial("robot_2", "192.0.2.1")
    other.send("CAP REQ server-time", "NICK robot_2", "USER robot 0 * :Robot", "CAP END")
    assert shown(other) == ["old", "sent into the void"]


def test_direct_messages_are_replayed_as_a_batch_each(make_bench: MakeBench) -> None:
    bench = make_bench(always_on="opt-out", replay=3)
    account(bench, "anna")
    enter_plainly(bench, "anna").hang_up()
    alice, bob = bench.connect("alice"), bench.connect("bob")
    for number in range(2):
        alice.send(f"PRIVMSG anna :a{number}")
        bob.send(f"PRIVMSG anna :b{number}")
    anna = bench.dial("anna")
    anna.send("PASS :anna:sesame street", "CAP REQ :batch server-time", "NICK anna", "USER anna 0 * :anna")
    lines = [
        line for line in map(parse, anna.ask("CAP END")) if line.command in ("BATCH", "NOTICE", "PRIVMSG")
    ]
    while lines[0].params[1:2] == ["draft/isupport"] or lines[0].command != "NOTICE":
        del lines[0]
    notice, *replayed = lines
    text = "You missed older private messages as well; to read them: /msg HistServ LAST <nick> 100"
    assert notice.params == ["anna", text]
    assert [line.params[1:] for line in replayed] == [
        *(["chathistory", "bob"], ["b0"], ["b1"], []),
        *(["chathistory", "alice"], ["a1"], []),
    ]


def test_messages_to_operators_are_not_replayed(bench: EngineHarness) -> None:
    teller(bench).send("PRIVMSG @#tea :psst", "PRIVMSG #tea :hi")
    assert shown(bench.connect("bob", "server-time")) == ["hi"]
