"""The scenarios. Each is a function from a server and the workers to its result."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field

from scripts.benchmarks.crew import Crew
from scripts.benchmarks.history import Reader, fill, make_requests, seconds_for
from scripts.benchmarks.plan import Crowd, Gathering, Heard, Talk
from scripts.benchmarks.target import Target

GATHER_TIMEOUT_SECONDS = 120.0
PAGES_ASKED = 120
ROOM_PEOPLE = 10  # in the rooms scenario
ASSEMBLY_RATE = 2.0  # messages per second: each reaches everyone before the next
ASSEMBLY_SECONDS = 5.0
BUSY = 0.85  # share of CPU time above which a worker may be the bottleneck


@dataclass(slots=True)
class Finding:
    """The result of one run: figures by name, and remarks on their validity."""

    scenario: str
    server: str
    figures: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """Return the finding as a JSON object."""
        return asdict(self)


class Incomplete(Exception):
    """A scenario could not be completed; the text says why."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Size and duration of a run."""

    people: int
    seconds: float
    lines: int = 20_000  # messages in the room of the history scenario


Scenario = Callable[[Target, Crew, Scale], Finding]
SCENARIOS: dict[str, Scenario] = {}


def scenario(run: Scenario) -> Scenario:
    """Add a scenario to the table under its function's name."""
    SCENARIOS[run.__name__] = run
    return run


@scenario
def fanout(target: Target, crew: Crew, scale: Scale) -> Finding:
    """Ten users talk to a full room as fast as everyone in it receives."""
    crowd = Crowd(target.address, scale.people)
    return _run_talk(target, crew, "fanout", crowd, Talk(10, scale.seconds, hearers=scale.people - 1))


@scenario
def mixed(target: Target, crew: Crew, scale: Scale) -> Finding:
    """As fanout; a third of the users each negotiates no, some and more capabilities."""
    crowd = Crowd(target.address, scale.people, mixed=True)
    return _run_talk(target, crew, "mixed", crowd, Talk(10, scale.seconds, hearers=scale.people - 1))


@scenario
def rate(target: Target, crew: Crew, scale: Scale) -> Finding:
    """Ten users send 500 messages a second to a room of at most 200; every delivery is timed."""
    people = min(scale.people, 200)
    talk = Talk(10, scale.seconds, rate=500, hearers=people - 1)
    return _run_talk(target, crew, "rate", Crowd(target.address, people), talk)


@scenario
def rooms(target: Target, crew: Crew, scale: Scale) -> Finding:
    """Everyone talks in one of many rooms of ten users."""
    count = scale.people // ROOM_PEOPLE
    people = count * ROOM_PEOPLE
    talk = Talk(people, scale.seconds, window=2, hearers=ROOM_PEOPLE - 1)
    finding = _run_talk(target, crew, "rooms", Crowd(target.address, people, rooms=count), talk)
    if people < scale.people:
        finding.notes.append(f"{people} of {scale.people} users took part: every room has {ROOM_PEOPLE}")
    return finding


@scenario
def slow(target: Target, crew: Crew, scale: Scale) -> Finding:
    """As fanout, with at most 200 users, five of whom never read."""
    people = min(scale.people, 200)
    crowd = Crowd(target.address, people, mute=5)
    return _run_talk(target, crew, "slow", crowd, Talk(10, scale.seconds, hearers=people - 6))


@scenario
def joinstorm(target: Target, crew: Crew, scale: Scale) -> Finding:
    """Everyone connects and joins one room at once."""
    finding = Finding("joinstorm", target.name)
    begin, computed = time.monotonic(), target.computed
    _gather(crew, Crowd(target.address, scale.people, at_once=scale.people))
    finding.figures["seconds"] = time.monotonic() - begin
    _add_cost(finding, "cpu_us_per_join", scale.people, target, computed)
    crew.settle()
    _part(finding, crew)
    return finding


@scenario
def idle(target: Target, crew: Crew, scale: Scale) -> Finding:
    """Many users connect, 200 at a time, and stay."""
    finding = Finding("idle", target.name)
    _connect_and_measure(finding, target, crew, Crowd(target.address, scale.people, rooms=0))
    crew.settle()
    _part(finding, crew)
    return finding


@scenario
def history(target: Target, crew: Crew, scale: Scale) -> Finding:
    """Pages of 100 lines, by every request, at random places of a room of 20,000 messages, or --lines."""
    finding = Finding("history", target.name)
    with closing(Reader(target.address)) as reader:
        room = fill(reader, scale.lines)
        if room is None:
            raise Incomplete("the server does not support draft/chathistory")
        requests = make_requests(reader, room, PAGES_ASKED)
        computed = target.computed
        waits = [seconds_for(reader, request) for request in requests]
        _add_cost(finding, "cpu_us_per_page", len(waits), target, computed)
    _time(finding, [wait * 1e9 for wait in waits])
    return finding


@scenario
def assembly(target: Target, crew: Crew, scale: Scale) -> Finding:
    """Many users connect to one room, 200 at a time; then one of them sends ten messages."""
    finding = Finding("assembly", target.name)
    _connect_and_measure(finding, target, crew, Crowd(target.address, scale.people))
    crew.settle()
    computed = target.computed
    talk = Talk(
        1, ASSEMBLY_SECONDS, rate=ASSEMBLY_RATE, hearers=scale.people - 1, timeout=GATHER_TIMEOUT_SECONDS
    )
    _sum_up(finding, crew.talk(talk))
    _add_cost(finding, "cpu_us_per_delivery", finding.figures["deliveries"], target, computed)
    _part(finding, crew)
    return finding


def _gather(crew: Crew, crowd: Crowd) -> None:
    """Connect everyone.

    Raises: Incomplete when a user does not get in.
    """
    gathering = crew.gather(crowd, GATHER_TIMEOUT_SECONDS)
    if gathering.came < crowd.people:
        crew.disperse()
        raise Incomplete(_describe_missing(gathering, crowd.people))


def _describe_missing(gathering: Gathering, people: int) -> str:
    """Describe how many users are missing, and why."""
    late = people - gathering.came - gathering.lost
    reason = f' ("{gathering.refusal}")' if gathering.refusal else ""
    causes = [
        f"{gathering.lost} were refused or disconnected{reason}" if gathering.lost else "",
        f"{late} were not ready within {GATHER_TIMEOUT_SECONDS:.0f} seconds" if late else "",
    ]
    return (
        f"only {gathering.came} of {people} got in: {' and '.join(filter(None, causes))}; "
        "are the server's limits off?"
    )


def _run_talk(target: Target, crew: Crew, name: str, crowd: Crowd, talk: Talk) -> Finding:
    finding = Finding(name, target.name)
    _gather(crew, crowd)
    crew.settle()
    computed = target.computed
    _sum_up(finding, crew.talk(talk))
    _add_cost(finding, "cpu_us_per_delivery", finding.figures["deliveries"], target, computed)
    _part(finding, crew)
    return finding


def _connect_and_measure(finding: Finding, target: Target, crew: Crew, crowd: Crowd) -> None:
    """Connect everyone, and measure the cost of connecting and of the connections."""
    begin, computed, before = time.monotonic(), target.computed, target.memory
    _gather(crew, crowd)
    finding.figures["connections_per_second"] = crowd.people / (time.monotonic() - begin)
    _add_cost(finding, "cpu_us_per_connection", crowd.people, target, computed)
    after = target.memory
    if before is not None and after is not None:
        finding.figures["kib_per_connection"] = (after - before) / crowd.people / 1024


def _part(finding: Finding, crew: Crew) -> None:
    """Disconnect everyone, and note how many had been disconnected before."""
    if lost := crew.lost():
        finding.notes.append(f"{lost} users were disconnected")
    crew.disperse()


def _sum_up(finding: Finding, heard: list[Heard]) -> None:
    """Add up the workers' measurements, and note what is wrong with them."""
    expected, deliveries = sum(one.expected for one in heard), sum(one.deliveries for one in heard)
    seconds = max(one.seconds for one in heard)
    finding.figures |= {
        "messages": sum(one.sent for one in heard),
        "deliveries": deliveries,
        "deliveries_per_second": deliveries / seconds if deliveries else 0.0,
    }
    _time(finding, [float(wait) for one in heard for wait in one.waits])
    if deliveries < expected:
        finding.notes.append(f"{expected - deliveries} deliveries are missing")
    if not _is_one_order(heard):
        finding.notes.append("recipients saw different messages or orders")
    if max(one.busy for one in heard) > BUSY:
        finding.notes.append("the load generator was saturated: the server may be faster")


def _is_one_order(heard: list[Heard]) -> bool:
    """Whether all listeners that should receive the same bytes did, in the same order."""
    seen: dict[str, set[tuple[int, int]]] = {}
    for one in heard:
        for what, deliveries, order in one.orders:
            seen.setdefault(what, set()).add((deliveries, order))
    return all(len(orders) == 1 for orders in seen.values())


def _time(finding: Finding, waits: list[float]) -> None:
    """Add median and 99th percentile of times in nanoseconds."""
    waits = sorted(waits)
    if waits:
        finding.figures["p50_ms"] = waits[len(waits) // 2] / 1e6
        finding.figures["p99_ms"] = waits[len(waits) * 99 // 100] / 1e6


def _add_cost(finding: Finding, name: str, count: float, target: Target, before: float | None) -> None:
    """Add the server's CPU time since `before` divided by a count, if it is known."""
    after = target.computed
    if before is not None and after is not None and count:
        finding.figures[name] = (after - before) / count * 1e6


def scenario_help() -> str:
    """Return the help text with a line for each scenario."""
    lines = [f"{name}: {run.__doc__}" for name, run in SCENARIOS.items()]
    return "\n\n".join(["Scenarios to run; all if omitted.", *lines])
