"""Sessions with devices on several nodes, and what becomes of them when nodes end."""

import pytest
from sqlalchemy import select, update

from app.db.models import EventRow, NodeRow, SessionNodeRow
from app.engine.world.user import User
from app.errors import LeaseExpired
from app.events import Kind
from app.wire.line import parse
from tests.engine.account_clients import PASSWORD, account, enter, plain
from tests.engine.cluster import Cluster
from tests.engine.harness import NODE_LEASE_SECONDS, EngineHarness, HarnessClient
from tests.engine.scenes import gather, people, user

LEASE = "The node did not renew its lease"


def meet(cluster: Cluster) -> tuple[HarnessClient, HarnessClient, HarnessClient]:
    """Let anna be in #tea with a device on each node, and the guest bob on b."""
    a, b = cluster.nodes["a"], cluster.nodes["b"]
    account(a, "anna")
    cluster.settle()
    anna = enter(a, "anna", "anna")
    cluster.settle()
    second = enter(b, "anna", "anna")
    gather(a, "#tea", "anna")
    cluster.settle()
    (bob,) = gather(b, "#tea", "bob")
    cluster.settle()
    people(b, "anna")
    anna.heard()
    return anna, second, bob


def of_both(cluster: Cluster, nick: str) -> list[User]:
    return [user(node, nick) for node in cluster.nodes.values()]


def events(cluster: Cluster, *kinds: Kind) -> list[str]:
    """Return the kinds and nicks of some events of the log."""
    node = next(iter(cluster.nodes.values()))
    with node.database.reading() as session:
        rows = session.execute(select(EventRow.kind, EventRow.nick).order_by(EventRow.id))
        return [f"{kind} {nick}" for kind, nick in rows if kind in kinds]


def stored_nodes(node: EngineHarness) -> list[str]:
    with node.database.reading() as session:
        return sorted(session.scalars(select(SessionNodeRow.node)))


def expire_lease(node: EngineHarness, name: str) -> None:
    with node.database.locked() as connection:
        connection.execute(update(NodeRow).where(NodeRow.name == name).values(leased_until=0))


def test_an_account_has_one_nick_and_devices_on_two_nodes(cluster: Cluster) -> None:
    anna, second, bob = meet(cluster)
    assert [found.nodes for found in of_both(cluster, "anna")] == [{"a", "b"}] * 2
    bob.send("PRIVMSG #tea :hi")
    cluster.settle()
    assert anna.heard() == second.heard() == [":bob!~bob@127.0.0.1 PRIVMSG #tea :hi"]
    anna.send("PRIVMSG bob :psst")
    cluster.settle()
    assert bob.heard() == second.heard() == [":anna!~anna@127.0.0.1 PRIVMSG bob :psst"]
    assert stored_nodes(cluster.nodes["a"]) == ["a", "b", "b"]


def test_a_session_goes_on_while_another_node_has_a_device(cluster: Cluster) -> None:
    anna, second, bob = meet(cluster)
    anna.send("QUIT")
    cluster.settle()
    assert bob.heard() == []
    assert [found.nodes for found in of_both(cluster, "anna")] == [{"b"}] * 2
    second.send("QUIT :bye")
    cluster.settle()
    assert bob.heard() == [":anna!~anna@127.0.0.1 QUIT :Quit: bye"]
    assert cluster.nodes["a"].world.find_user("anna") is None
    assert events(cluster, Kind.DETACHED, Kind.QUIT) == ["detached anna", "quit anna"]


def test_a_node_that_is_killed_is_removed_by_another_one(cluster: Cluster) -> None:
    anna, _, _ = meet(cluster)
    cluster.kill("b")
    a = cluster.nodes["a"]
    a.remove_node("b", LEASE)
    assert anna.heard() == [f":bob!~bob@127.0.0.1 QUIT :{LEASE}"]
    assert user(a, "anna").nodes == {"a"}
    assert a.world.live_nodes == {"a"}
    assert stored_nodes(a) == ["a"]


def test_a_node_that_two_others_find_expired_is_removed_once(cluster: Cluster) -> None:
    anna, _, _ = meet(cluster)
    cluster.start("c")
    cluster.settle()
    cluster.kill("b")
    expire_lease(cluster.nodes["a"], "b")
    for node in cluster.nodes.values():
        membership = node.core.runtime.ledger.membership
        assert membership is not None
        membership.expired_nodes = {"b": cluster.clock.now()}
    for node in cluster.nodes.values():
        node.core.engine.cycle([])
    cluster.settle()
    assert anna.heard() == [f":bob!~bob@127.0.0.1 QUIT :{LEASE}"]
    assert events(cluster, Kind.NODE_ENDED, Kind.QUIT, Kind.DETACHED) == [
        "detached anna",
        "quit bob",
        "node-ended a",
    ]


@pytest.mark.parametrize("stopped", ["suspended_seconds", "paused_seconds"])
def test_a_node_answers_nobody_after_its_machine_stood_still(cluster: Cluster, stopped: str) -> None:
    bob = cluster.nodes["b"].connect("bob")
    cluster.clock.instant += NODE_LEASE_SECONDS * 1000
    setattr(cluster.clock, stopped, NODE_LEASE_SECONDS)
    cluster.nodes["a"].remove_node("b", LEASE)
    with pytest.raises(LeaseExpired):
        bob.send("ISON bob")
    assert bob.heard() == []


def test_always_on_users_stay_when_their_node_is_gone(cluster: Cluster) -> None:
    anna, _, _ = meet(cluster)
    anna.send("NS SET ALWAYS-ON on", "QUIT")
    cluster.settle()
    cluster.kill("b")
    a = cluster.nodes["a"]
    a.remove_node("b", LEASE)
    assert (user(a, "anna").nodes, user(a, "anna").away) == (set(), "No device is connected")
    assert a.world.find_user("bob") is None


def test_a_node_that_stops_ends_only_its_own_sessions(cluster: Cluster) -> None:
    anna, second, bob = meet(cluster)
    cluster.stop("b")
    cluster.settle()
    assert second.heard() == bob.heard() == ["ERROR :Closing link: The server is shutting down"]
    assert anna.heard() == [":bob!~bob@127.0.0.1 QUIT :The server is shutting down"]
    assert user(cluster.nodes["a"], "anna").nodes == {"a"}
    assert cluster.nodes["a"].world.live_nodes == {"a"}


def test_a_node_that_starts_again_ends_what_it_left(cluster: Cluster) -> None:
    anna, _, _ = meet(cluster)
    cluster.kill("b")
    b = cluster.start("b")
    cluster.settle()
    assert anna.heard() == [":bob!~bob@127.0.0.1 QUIT :The server stopped unexpectedly"]
    assert [found.nodes for found in of_both(cluster, "anna")] == [{"a"}] * 2
    (carol,) = gather(b, "#tea", "carol")
    cluster.settle()
    assert anna.heard() == [":carol!~carol@127.0.0.1 JOIN #tea"]
    carol.send("NAMES #tea")
    assert carol.heard()[0] == ":irc.example 353 carol = #tea :@anna carol"


def test_what_was_said_before_a_join_elsewhere_is_replayed_once(cluster: Cluster) -> None:
    """The log may already contain what was said after the join, when the device here gets it."""
    anna, second, bob = meet(cluster)
    bob.send("PRIVMSG #tea :one")
    anna.send("PART #tea")
    cluster.settle()
    people(cluster.nodes["b"], "anna", "bob")
    bob.send("PRIVMSG #tea :two")
    cluster.nodes["a"].adopt()
    anna.send("JOIN #tea")
    carol = cluster.nodes["a"].connect("carol")
    carol.send("JOIN #tea", "PRIVMSG #tea :three")
    cluster.settle()
    said = [line.params[-1].split(" ")[-1] for line in second.hears("PRIVMSG")]
    assert said == ["two", "three"]


@pytest.mark.parametrize("is_removed", [False, True])
def test_what_a_killed_node_did_not_show_is_replayed(cluster: Cluster, is_removed: bool) -> None:
    a, b = cluster.nodes["a"], cluster.nodes["b"]
    account(a, "anna")
    cluster.settle()
    enter(a, "anna", "anna")
    gather(a, "#tea", "anna")
    cluster.settle()
    (bob,) = gather(b, "#tea", "bob")
    bob.send("PRIVMSG #tea :shown")
    cluster.settle()
    ledger = a.core.runtime.ledger
    assert ledger.membership is not None
    ledger.renew_lease(ledger.membership)
    bob.send("PRIVMSG #tea :perhaps shown")
    cluster.settle()
    cluster.kill("a")
    bob.send("PRIVMSG #tea :not shown")
    if is_removed:
        b.remove_node("a", LEASE)
    anna = b.dial("anna")
    anna.send("CAP REQ :sasl server-time", "AUTHENTICATE PLAIN", *plain("anna", PASSWORD))
    anna.send("NICK anna", "USER anna 0 * :anna", "CAP END", "JOIN #tea")
    bob.send("PRIVMSG #tea :live")
    said = [line.params[-1] for line in map(parse, anna.heard()) if line.command == "PRIVMSG"]
    assert said == ["perhaps shown", "not shown", "live"]
