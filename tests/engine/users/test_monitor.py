"""MONITOR (IRCv3 monitor)."""

from hypothesis import given
from hypothesis import strategies as st

from app.engine.delivery.client import Client
from app.engine.world.monitor_index import MonitorIndex
from app.wire.line import parse
from app.wire.names import fold
from tests.engine.account_clients import account, enter
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, RecordingSink
from tests.engine.scenes import gather, people, user


def test_online_and_offline_nicks_are_one_line_each(bench: EngineHarness) -> None:
    people(bench, "alice", "bob", "carol")
    bench.play(
        """
        alice > MONITOR + BOB,nobody,carol,noone
        alice < :irc.example 730 alice :bob!~bob@127.0.0.1,carol!~carol@127.0.0.1
        alice < :irc.example 731 alice :nobody,noone
        alice =
        """
    )


def test_connect_and_quit_are_reported_once(bench: EngineHarness) -> None:
    people(bench, "alice", "carol")
    bench.play(
        """
        alice > MONITOR + bob
        alice < :irc.example 731 alice :bob
        """
    )
    bench.connect("Bob")
    bench.play(
        """
        alice < :irc.example 730 * :Bob!~Bob@127.0.0.1
        alice =
        Bob > QUIT
        alice < :irc.example 731 * :Bob
        alice =
        carol =
        """
    )


def test_every_kind_of_disconnect_is_reported(bench: EngineHarness) -> None:
    alice, bob, _ = gather(bench, "#tea", "alice", "bob", "carol")
    alice.ask("MONITOR + bob,carol")
    bob.hang_up()
    bench.play(
        """
        alice < :bob!~bob@127.0.0.1 QUIT :Connection closed
        alice < :irc.example 731 * :bob
        alice =
        """
    )
    account(bench, "root", role="admin")
    enter(bench, "root", "root").send("KILL carol :enough")
    assert [line.params for line in alice.hears("731")] == [["*", "carol"]]


def test_a_nick_change_is_offline_then_online(bench: EngineHarness) -> None:
    people(bench, "alice", "bob")
    bench.play(
        """
        alice > MONITOR + bob,bobby
        alice .
        bob > NICK Bobby
        alice < :irc.example 731 * :bob
        alice < :irc.example 730 * :Bobby!~bob@127.0.0.1
        bob > NICK bobby
        alice =
        bob > NICK somebody
        alice < :irc.example 731 * :bobby
        alice =
        """
    )


def test_a_nick_lost_on_logout_is_reported(bench: EngineHarness) -> None:
    account(bench, "anna")
    anna, (alice,) = enter(bench, "anna", "anna"), people(bench, "alice")
    alice.ask("MONITOR + anna")
    anna.send("LOGOUT")
    assert alice.heard() == [":irc.example 731 * :anna"]


def test_further_devices_are_not_reported(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    alice.ask("MONITOR + anna")
    account(bench, "anna")
    alice.heard()
    first = enter(bench, "anna", "anna")
    assert [line.params[1] for line in alice.hears("730")] == ["anna!~anna@127.0.0.1"]
    second = enter(bench, "anna", "anna")
    first.hang_up()
    assert alice.heard() == []
    second.hang_up()
    assert alice.heard() == [":irc.example 731 * :anna"]


def test_removing_and_clearing_send_no_reply(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        """
        alice > MONITOR + bob,carol,dave
        alice .
        alice > MONITOR - BOB,stranger
        alice =
        alice > MONITOR L
        alice < :irc.example 732 alice :carol,dave
        alice < :irc.example 733 alice :End of MONITOR list
        alice > MONITOR C
        alice =
        alice > monitor l
        alice < :irc.example 733 alice :End of MONITOR list
        """
    )
    people(bench, "bob", "carol")
    bench.play("alice =")


def test_status_shows_the_same_as_adding(bench: EngineHarness) -> None:
    people(bench, "alice", "bob")
    bench.play(
        """
        alice > MONITOR S
        alice =
        alice > MONITOR + bob,nobody
        alice .
        alice > MONITOR S
        alice < :irc.example 730 alice :bob!~bob@127.0.0.1
        alice < :irc.example 731 alice :nobody
        alice =
        """
    )


def test_a_monitored_nick_is_not_added_twice(bench: EngineHarness) -> None:
    people(bench, "alice", "bob")
    bench.play(
        """
        alice > MONITOR + bob,Bob
        alice < :irc.example 730 alice :bob!~bob@127.0.0.1
        alice > MONITOR + BOB
        alice =
        alice > MONITOR L
        alice < :irc.example 732 alice :bob
        alice .
        bob > QUIT
        alice < :irc.example 731 * :bob
        alice =
        """
    )


def test_masks_are_not_expanded(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        """
        alice > MONITOR + *!u@host,b*,bob
        alice ~ :irc.example 432 alice *!u@host :*
        alice ~ :irc.example 432 alice b* :*
        alice < :irc.example 731 alice :bob
        """
    )
    bench.connect("boris")
    bench.play("alice =")


def test_a_full_list_names_the_rejected_nicks(make_bench: MakeBench) -> None:
    bench = make_bench(max_monitored=2)
    (alice,) = people(bench, "alice")
    assert any("MONITOR=2" in line.split() for line in alice.ask("VERSION"))
    bench.play(
        """
        alice > MONITOR + a,b,A,C,d
        alice < :irc.example 731 alice :a,b
        alice < :irc.example 734 alice 2 C,d :Your MONITOR list is full
        alice > MONITOR - a
        alice > MONITOR + c
        alice < :irc.example 731 alice :c
        alice =
        """
    )


def test_long_lists_take_several_lines(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    nicks = [f"somebody-with-a-long-nick-{number:03}" for number in range(60)]
    for start in range(0, 60, 15):
        alice.send("MONITOR + " + ",".join(nicks[start : start + 15]))
    alice.heard()
    for question, code in (("MONITOR L", "732"), ("MONITOR S", "731")):
        lines = [parse(line) for line in alice.ask(question)]
        shown = [line.params[1] for line in lines if line.command == code]
        assert ",".join(shown).split(",") == nicks
        assert all(len(f":irc.example 732 alice :{words}\r\n") <= 512 for words in shown)


def test_the_monitor_list_ends_with_the_connection(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    alice.ask("MONITOR + bob,alice")
    alice.send("QUIT")
    assert [parse(line).command for line in alice.heard()] == ["ERROR"]
    bench.connect("alice")
    bench.connect("bob")
    bench.play("alice =")
    assert user(bench, "alice").clients[0].monitored == {}


def test_notifications_are_tagged_and_replies_labelled(
    bench: EngineHarness,
) -> None:
    alice = bench.connect("alice", "labeled-response", "batch", "server-time")
    bench.play(
        """
        alice > @label=m1 MONITOR + bob
        alice ~ @*;label=m1 :irc.example 731 alice :bob
        alice > @label=m2 MONITOR - nobody
        alice ~ @label=m2 :irc.example ACK
        alice =
        """
    )
    bench.connect("bob")
    assert [set(line.tags) for line in alice.hears("730")] == [{"time"}]


@given(deeds=st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.sampled_from("abc"))))
def test_the_monitor_index_matches_the_clients_lists(
    deeds: list[tuple[bool, int, str]],
) -> None:
    watches = MonitorIndex()
    clients = [Client(RecordingSink(), "127.0.0.1", False, 0.0) for _ in range(3)]
    for is_added, number, nick in deeds:
        if is_added:
            watches.add(clients[number], fold(nick), nick)
        else:
            watches.remove(clients[number], fold(nick))
    watches.clear(clients[0])
    for nick in "abc":
        assert set(watches.of(fold(nick))) == {client for client in clients if fold(nick) in client.monitored}
    assert clients[0].monitored == {}


def test_unknown_subcommands_are_answered(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        """
        alice > MONITOR ?
        alice ~ :irc.example 400 alice MONITOR :*
        alice > MONITOR
        alice ~ :irc.example 461 alice MONITOR :*
        alice > MONITOR +
        alice ~ :irc.example 461 alice MONITOR :*
        alice > MONITOR + ,
        alice =
        """
    )
