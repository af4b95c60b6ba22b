"""Queries get the same replies on all nodes, also on one that has just started."""

import re

import pytest
from hypothesis import HealthCheck, given, settings

from tests.engine.account_clients import account, enter
from tests.engine.attacks.test_fuzz import no_faults
from tests.engine.cluster import Cluster, new_cluster
from tests.engine.deeds import PEOPLE, ROOMS
from tests.engine.harness import HarnessClient
from tests.engine.nodes.test_same_world import PLANS, SETTINGS, Deed, play

CERTIFICATE = "a1" * 32
ASKERS = ("root", "alice")  # an administrator and an ordinary user
SERVER = ("ADMIN", "INFO", "LINKS", "LUSERS", "MOTD", "TIME", "VERSION", "HELP", "ISUPPORT")
STATS = ("STATS d", "STATS k", "STATS o", "STATS u")
LISTS = ("LIST", "WHO *", "WHO * o", "WHO * %tcuihsnfdlaor,7", "WHO *!*@*", "NAMES")
OF_USER = (
    "WHOIS {}",
    "WHOWAS {}",
    "WHO {}",
    "WHO {} %tcuihsnfdlaor,7",
    "USERHOST {}",
    "ISON {}",
    "MONITOR + {}",
    "METADATA {} LIST",
)
OF_ROOM = ("NAMES {}", "WHO {}", "WHO {} %tcuihsnfdlaor,7", "TOPIC {}", "MODE {}", "MODE {} b", "LIST {}")
QUERIES = [
    *SERVER,
    *STATS,
    *LISTS,
    *(form.format(name) for form in OF_USER for name in (*PEOPLE, *ASKERS, "evil", "nobody")),
    *(form.format(room) for form in OF_ROOM for room in ROOMS),
]
# The distance of a node, which the line names, and a peak that no renewal has stored yet.
UNEQUAL = re.compile(r"(?<= :)[01](?= irc\.example$)|max \d+|(?<= 26[56] )\S+ \d+ \d+ ")


def ask(person: HarnessClient, query: str) -> list[str]:
    """Return the replies to a query; the order of lists is not defined."""
    return sorted(UNEQUAL.sub("", line) for line in person.ask(query))


def connect_askers(cluster: Cluster) -> None:
    """Connect the askers to all nodes on which they have no device."""
    for name, node in cluster.nodes.items():
        for asker in ASKERS:
            enter(node, asker, asker, secure=name == "a")
            cluster.settle()


def compare(cluster: Cluster) -> None:
    """Assert that all nodes give the same replies to the askers."""
    connect_askers(cluster)
    cluster.clock.instant += 500  # the log moves some instants by milliseconds
    first, *others = cluster.nodes.values()
    for asker in ASKERS:
        for query in QUERIES:
            expected = ask(first.people[asker], query)
            for other in others:
                assert ask(other.people[asker], query) == expected, (asker, query)


def check(plan: list[Deed]) -> None:
    """Assert that nodes give the same replies after a history, and so does another node."""
    with new_cluster(**SETTINGS) as cluster, no_faults():
        first = cluster.start("a")
        cluster.start("b")
        account(first, "root", role="admin")
        account(first, "alice")
        cluster.settle()
        play(cluster, plan)
        compare(cluster)
        cluster.start("c")
        cluster.settle()
        compare(cluster)


def test_whois_tells_on_all_nodes_how_the_devices_are_connected(cluster: Cluster) -> None:
    a, b = cluster.nodes["a"], cluster.nodes["b"]
    account(a, "root", role="admin")
    account(a, "anna")
    cluster.settle()
    root = enter(b, "root", "root")
    enter(a, "anna", "anna", certificate=CERTIFICATE)
    cluster.settle()
    shown = {f"276 root anna :has client certificate fingerprint {CERTIFICATE}", "671 root anna"}

    def found() -> set[str]:
        return {line for line in shown for reply in root.ask("WHOIS anna") if f":irc.example {line}" in reply}

    assert found() == shown
    plain = enter(a, "anna", "anna")
    cluster.settle()
    assert found() == {line for line in shown if line.startswith("276")}
    plain.hang_up()
    cluster.settle()
    assert found() == shown
    enter(b, "anna", "anna", secure=True)
    cluster.settle()
    assert found() == shown
    a.people["anna"].hang_up()
    cluster.settle()


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=PLANS)
def test_all_nodes_give_the_same_replies(cheap_hashing: None, plan: list[Deed]) -> None:
    check(plan)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=PLANS)
def test_all_nodes_give_the_same_replies_after_many_histories(cheap_hashing: None, plan: list[Deed]) -> None:
    check(plan)
