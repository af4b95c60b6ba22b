"""The scenarios for several nodes: the same people in all, spread over the nodes."""

import time
from collections.abc import Callable

from scripts.benchmarks.cluster import Cluster
from scripts.benchmarks.plans import ConnectionPlan, TrafficPlan
from scripts.benchmarks.pool import WorkerPool
from scripts.benchmarks.scenarios import USERS_PER_ROOM, Scale, ScenarioResult, run_traffic

RATE = 500.0  # messages per second
RATE_PEOPLE = 200
SETTLE_SECONDS = 1.0  # after the start, before idle nodes are measured
IDLE_SECONDS = 3.0

Run = Callable[[Cluster, WorkerPool, Scale], ScenarioResult]


def rate(cluster: Cluster, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """Ten users send 500 messages a second to a room of at most 200; every delivery is timed."""
    people = min(scale.people, RATE_PEOPLE)
    traffic = TrafficPlan(10, scale.seconds, rate=RATE, recipients=people - 1)
    return _measure(cluster, pool, "rate", _plan(cluster, people), traffic)


def room(cluster: Cluster, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """Ten users send to one room as fast as all its users receive."""
    traffic = TrafficPlan(10, scale.seconds, recipients=scale.people - 1)
    return _measure(cluster, pool, "room", _plan(cluster, scale.people), traffic)


def rooms(cluster: Cluster, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """All users send in rooms of ten users each, who are on all nodes."""
    count = scale.people // USERS_PER_ROOM
    people = count * USERS_PER_ROOM
    traffic = TrafficPlan(people, scale.seconds, window=2, recipients=USERS_PER_ROOM - 1)
    return _measure(cluster, pool, "rooms", _plan(cluster, people, count), traffic)


def idle(cluster: Cluster, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """Nodes without users; the CPU time of each."""
    time.sleep(SETTLE_SECONDS)
    before = cluster.cpu_seconds
    time.sleep(IDLE_SECONDS)
    used = (cluster.cpu_seconds - before) / len(cluster.nodes) / IDLE_SECONDS
    return ScenarioResult("idle", cluster.name, {"cpu_ms_per_second_and_node": used * 1000})


SCENARIOS: dict[str, Run] = {run.__name__: run for run in (idle, rate, room, rooms)}


def _plan(cluster: Cluster, people: int, count: int = 1) -> ConnectionPlan:
    first, *others = cluster.addresses
    return ConnectionPlan(first, people, rooms=count, more_addresses=tuple(others))


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
    if figures.get("cpu_us_per_delivery"):
        figures["deliveries_per_cpu_second"] = 1e6 / figures["cpu_us_per_delivery"]
    return result


def _read_log_metrics(cluster: Cluster) -> list[float]:
    """Return the number of batches, and the seconds that it took to open the log and to commit."""
    names = ("chat_batch_events_count", "chat_log_open_seconds_sum", "chat_commit_seconds_sum")
    return [cluster.total(name) for name in names]
