"""The scenarios for several nodes: the same people in all, spread over the nodes."""

import os
import time
from collections.abc import Callable, Iterator, Sequence

from scripts.benchmarks.address import Address
from scripts.benchmarks.cluster import Cluster, describe
from scripts.benchmarks.plans import ConnectionPlan, TrafficPlan
from scripts.benchmarks.pool import WorkerPool
from scripts.benchmarks.report import medians
from scripts.benchmarks.scenarios import USERS_PER_ROOM, Scale, ScenarioFailed, ScenarioResult, run_traffic

RATE = 500.0  # messages per second
RATE_PEOPLE = 200
CONNECTING_AT_ONCE = 1_000  # so that joins are delivered in blocks
SETTLE_SECONDS = 2.0  # after the start, before idle nodes are measured
IDLE_SECONDS = 10.0
COST = "cpu_us_per_message"

Run = Callable[[Cluster, WorkerPool, Scale], ScenarioResult]


def rate(cluster: Cluster, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """Ten users send 500 messages a second to a room of at most 200; every delivery is timed."""
    people = min(scale.people, RATE_PEOPLE)
    traffic = TrafficPlan(10, scale.seconds, rate=RATE, recipients=people - 1)
    return _measure(cluster, pool, "rate", _plan(cluster.addresses, people), traffic)


def room(cluster: Cluster, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """Ten users send 32 messages each to one room, and again once all its users have them."""
    traffic = TrafficPlan(10, scale.seconds, recipients=scale.people - 1, in_bursts=True, timeout=60.0)
    return _measure(cluster, pool, "room", _plan(cluster.addresses, scale.people), traffic)


def trickle(cluster: Cluster, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """As room, but one message follows for each that has arrived."""
    traffic = TrafficPlan(10, scale.seconds, recipients=scale.people - 1, timeout=60.0)
    return _measure(cluster, pool, "trickle", _plan(cluster.addresses, scale.people), traffic)


def rooms(cluster: Cluster, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """All users send in rooms of ten users each, who are on all nodes."""
    return _measure(cluster, pool, "rooms", *_in_rooms(cluster.addresses, scale))


def apart(cluster: Cluster, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """As rooms, but all users are on one node; the CPU time of each other node."""
    others = cluster.nodes[1:]
    if not others:
        raise ScenarioFailed("it needs several nodes")
    before = sum(node.cpu_seconds or 0.0 for node in others)
    result = _measure(cluster, pool, "apart", *_in_rooms(cluster.addresses[:1], scale))
    used = sum(node.cpu_seconds or 0.0 for node in others) - before
    result.figures["cpu_us_per_message_elsewhere"] = used / len(others) / result.figures["messages"] * 1e6
    return result


def idle(cluster: Cluster, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """Nodes without users; the CPU time and the transactions of each."""
    time.sleep(SETTLE_SECONDS)
    cpu_seconds, transactions = cluster.cpu_seconds, cluster.count_transactions()
    time.sleep(IDLE_SECONDS)
    per_node = 1 / len(cluster.nodes) / IDLE_SECONDS
    figures = {
        "cpu_seconds_per_hour_and_node": (cluster.cpu_seconds - cpu_seconds) * per_node * 3600,
        "transactions_per_second_and_node": (cluster.count_transactions() - transactions) * per_node,
        "load": os.getloadavg()[0],
    }
    return ScenarioResult("idle", cluster.name, figures)


SCENARIOS: dict[str, Run] = {run.__name__: run for run in (idle, rate, room, trickle, rooms, apart)}


def _plan(addresses: Sequence[Address], people: int, count: int = 1) -> ConnectionPlan:
    first, *others = addresses
    return ConnectionPlan(
        first, people, rooms=count, at_once=CONNECTING_AT_ONCE, more_addresses=tuple(others)
    )


def _in_rooms(addresses: Sequence[Address], scale: Scale) -> tuple[ConnectionPlan, TrafficPlan]:
    count = scale.people // USERS_PER_ROOM
    people = count * USERS_PER_ROOM
    traffic = TrafficPlan(people, scale.seconds, window=2, recipients=USERS_PER_ROOM - 1)
    return _plan(addresses, people, count), traffic


def _measure(
    cluster: Cluster, pool: WorkerPool, name: str, plan: ConnectionPlan, traffic: TrafficPlan
) -> ScenarioResult:
    """Generate traffic, and add the figures of the nodes to those of the users."""
    before = _read_log_metrics(cluster)
    result = run_traffic(cluster, pool, name, plan, traffic)
    after = _read_log_metrics(cluster)
    batches, opened, committed = (now - then for now, then in zip(after, before, strict=True))
    figures = result.figures
    figures["messages_per_batch"] = figures["messages"] / max(batches, 1)
    figures["open_ms_per_batch"] = opened / max(batches, 1) * 1000
    figures["commit_ms_per_batch"] = committed / max(batches, 1) * 1000
    if cost := figures.get("cpu_us_per_delivery"):
        figures["deliveries_per_cpu_second"] = 1e6 / cost
        figures[COST] = cost * figures["deliveries"] / figures["messages"]
    figures["load"] = os.getloadavg()[0]
    return result


def further_node_costs(results: Sequence[ScenarioResult]) -> Iterator[str]:
    """Yield sentences about what a message costs on each node beyond the first."""
    figures = medians([result for result in results if result.scenario != apart.__name__])
    for (scenario, figure, nodes), cost in figures.items():
        alone, count = figures.get((scenario, figure, describe(1))), int(nodes.partition(" ")[0])
        if figure == COST and alone is not None and count > 1:
            yield f"{scenario}, {nodes}: {(cost - alone) / (count - 1):.0f} us per message and further node"


def _read_log_metrics(cluster: Cluster) -> list[float]:
    """Return the number of batches, and the seconds that it took to open the log and to commit."""
    names = ("chat_batch_events_count", "chat_log_open_seconds_sum", "chat_commit_seconds_sum")
    return [cluster.total(name) for name in names]
