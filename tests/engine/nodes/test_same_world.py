"""All nodes have the same world, however they came to know it."""

from dataclasses import dataclass

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.attacks.test_fuzz import no_faults
from tests.engine.cluster import Cluster, new_cluster
from tests.engine.deeds import DEEDS, LINES, WHO, do
from tests.engine.invariants import check_world
from tests.engine.world_state import describe_world

OPER = "OPER god heaven"
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
SETTINGS = {"auto_join": ["#all"], "operators": {"god": HASHER.hash("heaven")}}
ENDS = ("stop", "kill", "crash")  # of the node: with and without notice, and with a restart at once
ACTIONS = ("MODE anna -o", "MODE bob +wB-i", "MODE bob -B", "NS SET ALWAYS-ON on", OPER, *ENDS)
LOCAL = st.one_of(DEEDS, LINES, st.sampled_from(ACTIONS))


@dataclass(frozen=True)
class Deed:
    """What happens on a node, and whether the others adopt it at once."""

    node: str
    name: str
    deed: str
    is_adopted: bool


PLANS = st.lists(st.builds(Deed, st.sampled_from("ab"), WHO, LOCAL, st.booleans()), max_size=40)


def check(plan: list[Deed]) -> None:
    """Assert that nodes that adopt, and one that restores, have the world of those that decide."""
    with new_cluster(**SETTINGS) as cluster, no_faults():
        cluster.start("a")
        cluster.start("b")
        play(cluster, plan)
        compare(cluster)
        cluster.start("c")
        cluster.settle()
        compare(cluster)


def play(cluster: Cluster, plan: list[Deed]) -> None:
    """Let users and nodes do something every second; afterwards all nodes know of it."""
    for deed in plan:
        cluster.clock.instant += 1000
        if deed.deed in ENDS:
            end_node(cluster, deed.node, deed.deed)
        else:
            do(cluster.nodes[deed.node], deed.name, deed.deed)
        if deed.is_adopted:
            cluster.settle()
    cluster.settle()


def end_node(cluster: Cluster, name: str, how: str) -> None:
    """End a node, and start it again."""
    if how == "stop":
        cluster.stop(name)
    else:
        cluster.kill(name)
    if how == "kill":
        other = next(iter(cluster.nodes.values()))
        other.remove_node(name, "The node did not renew its lease")
    cluster.start(name)


def compare(cluster: Cluster) -> None:
    """Assert that the nodes have equal and consistent worlds."""
    worlds = [node.world for node in cluster.nodes.values()]
    for world in worlds:
        check_world(world)
        assert describe_world(world) == describe_world(worlds[0])


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=PLANS)
def test_all_nodes_have_the_same_world(cheap_hashing: None, plan: list[Deed]) -> None:
    check(plan)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=PLANS)
def test_all_nodes_have_the_same_world_after_many_histories(cheap_hashing: None, plan: list[Deed]) -> None:
    check(plan)
