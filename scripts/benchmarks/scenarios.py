"""The scenarios: each is a function that loads a server through the pool and returns a result."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Protocol

from scripts.benchmarks.history import HistoryClient, fill_room, make_requests, measure_request
from scripts.benchmarks.plans import ConnectionPlan, ConnectResult, TrafficPlan, TrafficResult
from scripts.benchmarks.pool import WorkerPool
from scripts.benchmarks.target import Target

CONNECT_TIMEOUT_SECONDS = 300.0
HISTORY_REQUESTS = 120
USERS_PER_ROOM = 10  # in the rooms scenario
ASSEMBLY_RATE = 2.0  # messages per second, so that each is delivered before the next
ASSEMBLY_SECONDS = 5.0
SATURATION_THRESHOLD = 0.85  # share of CPU time above which a worker may be the bottleneck


class Measured(Protocol):
    """What is measured: one server, or several nodes."""

    @property
    def name(self) -> str:
        """The label in the table."""

    @property
    def cpu_seconds(self) -> float | None:
        """CPU time used so far, in seconds; None if it is unknown."""


@dataclass(slots=True)
class ScenarioResult:
    """The result of one run: figures by name, and remarks on their validity."""

    scenario: str
    server: str
    figures: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """Return the result as a JSON object."""
        return asdict(self)


class ScenarioFailed(Exception):
    """A scenario could not be completed; the text says why."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Size and duration of a run."""

    people: int
    seconds: float
    lines: int = 20_000  # messages in the room of the history scenario


Scenario = Callable[[Target, WorkerPool, Scale], ScenarioResult]
SCENARIOS: dict[str, Scenario] = {}


def scenario(run: Scenario) -> Scenario:
    """Add a scenario to the table under its function's name."""
    SCENARIOS[run.__name__] = run
    return run


@scenario
def fanout(target: Target, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """Ten users send to a full room as fast as all its users receive."""
    plan = ConnectionPlan(target.address, scale.people)
    return run_traffic(
        target, pool, "fanout", plan, TrafficPlan(10, scale.seconds, recipients=scale.people - 1)
    )


@scenario
def mixed(target: Target, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """As fanout, but the users negotiate three different sets of capabilities."""
    plan = ConnectionPlan(target.address, scale.people, mixed=True)
    return run_traffic(
        target, pool, "mixed", plan, TrafficPlan(10, scale.seconds, recipients=scale.people - 1)
    )


@scenario
def rate(target: Target, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """Ten users send 500 messages a second to a room of at most 200; every delivery is timed."""
    people = min(scale.people, 200)
    traffic = TrafficPlan(10, scale.seconds, rate=500, recipients=people - 1)
    return run_traffic(target, pool, "rate", ConnectionPlan(target.address, people), traffic)


@scenario
def rooms(target: Target, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """All users send in rooms of ten users each."""
    count = scale.people // USERS_PER_ROOM
    people = count * USERS_PER_ROOM
    traffic = TrafficPlan(people, scale.seconds, window=2, recipients=USERS_PER_ROOM - 1)
    result = run_traffic(target, pool, "rooms", ConnectionPlan(target.address, people, rooms=count), traffic)
    if people < scale.people:
        result.notes.append(f"{people} of {scale.people} users took part: every room has {USERS_PER_ROOM}")
    return result


@scenario
def slow(target: Target, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """As fanout, with at most 200 users, five of whom never read."""
    people = min(scale.people, 200)
    plan = ConnectionPlan(target.address, people, non_readers=5)
    return run_traffic(target, pool, "slow", plan, TrafficPlan(10, scale.seconds, recipients=people - 6))


@scenario
def joinstorm(target: Target, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """All users connect and join one room at once."""
    result = ScenarioResult("joinstorm", target.name)
    begin, cpu_seconds = time.monotonic(), target.cpu_seconds
    _connect_all(pool, ConnectionPlan(target.address, scale.people, at_once=scale.people))
    result.figures["seconds"] = time.monotonic() - begin
    _add_cost(result, "cpu_us_per_join", scale.people, target, cpu_seconds)
    pool.drain()
    _disconnect_all(result, pool)
    return result


@scenario
def idle(target: Target, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """All users connect, 200 at a time, and stay idle."""
    result = ScenarioResult("idle", target.name)
    _connect_and_measure(result, target, pool, ConnectionPlan(target.address, scale.people, rooms=0))
    pool.drain()
    _disconnect_all(result, pool)
    return result


@scenario
def history(target: Target, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """Read pages of 100 messages at random positions of a room, with every subcommand."""
    result = ScenarioResult("history", target.name)
    with closing(HistoryClient(target.address)) as client:
        room = fill_room(client, scale.lines)
        if room is None:
            raise ScenarioFailed("the server does not support draft/chathistory")
        requests = make_requests(client, room, HISTORY_REQUESTS)
        cpu_seconds = target.cpu_seconds
        latencies = [measure_request(client, request) for request in requests]
        _add_cost(result, "cpu_us_per_page", len(latencies), target, cpu_seconds)
    _add_percentiles(result, [latency * 1e9 for latency in latencies])
    return result


@scenario
def assembly(target: Target, pool: WorkerPool, scale: Scale) -> ScenarioResult:
    """All users join one room, connecting 200 at a time; then one of them sends ten messages."""
    result = ScenarioResult("assembly", target.name)
    _connect_and_measure(result, target, pool, ConnectionPlan(target.address, scale.people))
    pool.drain()
    cpu_seconds = target.cpu_seconds
    traffic = TrafficPlan(
        1, ASSEMBLY_SECONDS, rate=ASSEMBLY_RATE, recipients=scale.people - 1, timeout=CONNECT_TIMEOUT_SECONDS
    )
    _add_traffic(result, pool.run_traffic(traffic))
    _add_cost(result, "cpu_us_per_delivery", result.figures["deliveries"], target, cpu_seconds)
    _disconnect_all(result, pool)
    return result


def _connect_all(pool: WorkerPool, plan: ConnectionPlan) -> None:
    """Connect all users.

    Raises: ScenarioFailed if a user cannot connect.
    """
    connected = pool.connect_all(plan, CONNECT_TIMEOUT_SECONDS)
    if connected.ready < plan.people:
        pool.disconnect_all()
        raise ScenarioFailed(_describe_missing(connected, plan.people))


def _describe_missing(connected: ConnectResult, people: int) -> str:
    """Describe how many users are missing, and why."""
    late = people - connected.ready - connected.lost
    reason = f' ("{connected.refusal}")' if connected.refusal else ""
    causes = [
        f"{connected.lost} were refused or disconnected{reason}" if connected.lost else "",
        f"{late} were not ready within {CONNECT_TIMEOUT_SECONDS:.0f} seconds" if late else "",
    ]
    return (
        f"only {connected.ready} of {people} got in: {' and '.join(filter(None, causes))}; "
        "are the server's limits off?"
    )


def run_traffic(
    target: Measured, pool: WorkerPool, name: str, plan: ConnectionPlan, traffic: TrafficPlan
) -> ScenarioResult:
    """Connect all users and generate traffic; return the figures and the CPU time per delivery."""
    result = ScenarioResult(name, target.name)
    _connect_all(pool, plan)
    pool.drain()
    cpu_seconds = target.cpu_seconds
    _add_traffic(result, pool.run_traffic(traffic))
    _add_cost(result, "cpu_us_per_delivery", result.figures["deliveries"], target, cpu_seconds)
    _disconnect_all(result, pool)
    return result


def _connect_and_measure(
    result: ScenarioResult, target: Target, pool: WorkerPool, plan: ConnectionPlan
) -> None:
    """Connect all users, and measure the rate, CPU time and memory of their connections."""
    begin, cpu_seconds, before = time.monotonic(), target.cpu_seconds, target.memory
    _connect_all(pool, plan)
    result.figures["connections_per_second"] = plan.people / (time.monotonic() - begin)
    _add_cost(result, "cpu_us_per_connection", plan.people, target, cpu_seconds)
    after = target.memory
    if before is not None and after is not None:
        result.figures["kib_per_connection"] = (after - before) / plan.people / 1024


def _disconnect_all(result: ScenarioResult, pool: WorkerPool) -> None:
    """Disconnect all users, and note how many the server had already disconnected."""
    if lost := pool.count_lost():
        result.notes.append(f"{lost} users were disconnected")
    pool.disconnect_all()


def _add_traffic(result: ScenarioResult, results: list[TrafficResult]) -> None:
    """Add the workers' combined measurements, and note losses, misordering and saturation."""
    expected, deliveries = sum(part.expected for part in results), sum(part.deliveries for part in results)
    seconds = max(part.seconds for part in results)
    result.figures |= {
        "messages": sum(part.sent for part in results),
        "deliveries": deliveries,
        "deliveries_per_second": deliveries / seconds if deliveries else 0.0,
    }
    _add_percentiles(result, [float(latency) for part in results for latency in part.latencies])
    if deliveries < expected:
        result.notes.append(f"{expected - deliveries} deliveries are missing")
    if not _has_one_order(results):
        result.notes.append("recipients saw different messages or orders")
    if max(part.cpu_share for part in results) > SATURATION_THRESHOLD:
        result.notes.append("the load generator was saturated: the server may be faster")


def _has_one_order(results: list[TrafficResult]) -> bool:
    """Return whether all receivers of a stream got the same messages in the same order."""
    by_stream: dict[str, set[tuple[int, int]]] = {}
    for part in results:
        for stream, deliveries, checksum in part.checksums:
            by_stream.setdefault(stream, set()).add((deliveries, checksum))
    return all(len(checksums) == 1 for checksums in by_stream.values())


def _add_percentiles(result: ScenarioResult, latencies: list[float]) -> None:
    """Add the median and the 99th percentile in milliseconds of latencies in nanoseconds."""
    latencies = sorted(latencies)
    if latencies:
        result.figures["p50_ms"] = latencies[len(latencies) // 2] / 1e6
        result.figures["p99_ms"] = latencies[len(latencies) * 99 // 100] / 1e6


def _add_cost(
    result: ScenarioResult, name: str, count: float, target: Measured, before: float | None
) -> None:
    """Add the server's CPU time since `before` per item in microseconds, if it is known."""
    after = target.cpu_seconds
    if before is not None and after is not None and count:
        result.figures[name] = (after - before) / count * 1e6


def scenario_help() -> str:
    """Return the help text with a line for each scenario."""
    lines = [f"{name}: {run.__doc__}" for name, run in SCENARIOS.items()]
    return "\n\n".join(["Scenarios to run; all if omitted.", *lines])
