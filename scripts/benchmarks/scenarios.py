"""What is measured. Each scenario is a function from a server and a crew to what was found."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field

from scripts.benchmarks.crew import Crew
from scripts.benchmarks.history import Reader, fill, questions, seconds_for
from scripts.benchmarks.plan import Crowd, Gathering, Heard, Talk
from scripts.benchmarks.target import Target

PATIENCE = 120.0  # seconds for everybody to come
PAGES_ASKED = 120
ROOM_PEOPLE = 10  # in each of many rooms
ASSEMBLY_RATE = 2.0  # messages a second: each is heard by all before the next
ASSEMBLY_SECONDS = 5.0
BUSY = 0.85  # a worker that computes for this share of the time may be what limits the figures


@dataclass(slots=True)
class Finding:
    """What was found in one run: figures by name, and what a reader should know of them."""

    scenario: str
    server: str
    figures: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return asdict(self)


class Incomplete(Exception):
    """A scenario could not be carried out; the text says why."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How large and how long."""

    people: int
    seconds: float
    lines: int = 20_000  # in the room whose history is read


Scenario = Callable[[Target, Crew, Scale], Finding]
SCENARIOS: dict[str, Scenario] = {}


def scenario(run: Scenario) -> Scenario:
    """Put a scenario into the table, under the name of its function."""
    SCENARIOS[run.__name__] = run
    return run


@scenario
def fanout(target: Target, crew: Crew, scale: Scale) -> Finding:
    """Ten people speak to a full room as fast as all of it hears them."""
    crowd = Crowd(target.address, scale.people)
    return _talked(target, crew, "fanout", crowd, Talk(10, scale.seconds, hearers=scale.people - 1))


@scenario
def mixed(target: Target, crew: Crew, scale: Scale) -> Finding:
    """As `fanout`, and a third of the people each has no, some, more capabilities."""
    crowd = Crowd(target.address, scale.people, mixed=True)
    return _talked(target, crew, "mixed", crowd, Talk(10, scale.seconds, hearers=scale.people - 1))


@scenario
def rate(target: Target, crew: Crew, scale: Scale) -> Finding:
    """Ten people say 500 things a second to a room of at most 200, and every delivery is timed."""
    people = min(scale.people, 200)
    talk = Talk(10, scale.seconds, rate=500, hearers=people - 1)
    return _talked(target, crew, "rate", Crowd(target.address, people), talk)


@scenario
def rooms(target: Target, crew: Crew, scale: Scale) -> Finding:
    """Everybody speaks in one of many rooms of ten people."""
    count = scale.people // ROOM_PEOPLE
    people = count * ROOM_PEOPLE
    talk = Talk(people, scale.seconds, window=2, hearers=ROOM_PEOPLE - 1)
    finding = _talked(target, crew, "rooms", Crowd(target.address, people, rooms=count), talk)
    if people < scale.people:
        finding.notes.append(f"{people} of {scale.people} people took part: every room has {ROOM_PEOPLE}")
    return finding


@scenario
def slow(target: Target, crew: Crew, scale: Scale) -> Finding:
    """As `fanout` to at most 200, and five of them never read."""
    people = min(scale.people, 200)
    crowd = Crowd(target.address, people, mute=5)
    return _talked(target, crew, "slow", crowd, Talk(10, scale.seconds, hearers=people - 6))


@scenario
def joinstorm(target: Target, crew: Crew, scale: Scale) -> Finding:
    """Everybody connects and enters one room at once."""
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
    """Many connect, 200 at a time, and stay."""
    finding = Finding("idle", target.name)
    _settle_in(finding, target, crew, Crowd(target.address, scale.people, rooms=0))
    crew.settle()
    _part(finding, crew)
    return finding


@scenario
def history(target: Target, crew: Crew, scale: Scale) -> Finding:
    """One person asks in every way for pages of 100 lines at random places of a room with 20,000, or `--lines`."""
    finding = Finding("history", target.name)
    with closing(Reader(target.address)) as reader:
        room = fill(reader, scale.lines)
        if room is None:
            raise Incomplete("the server has no draft/chathistory")
        requests = questions(reader, room, PAGES_ASKED)
        computed = target.computed
        waits = [seconds_for(reader, request) for request in requests]
        _add_cost(finding, "cpu_us_per_page", len(waits), target, computed)
    _time(finding, [wait * 1e9 for wait in waits])
    return finding


@scenario
def assembly(target: Target, crew: Crew, scale: Scale) -> Finding:
    """Many connect, 200 at a time, into one room, and stay; then one of them says ten things, which all others hear."""
    finding = Finding("assembly", target.name)
    _settle_in(finding, target, crew, Crowd(target.address, scale.people))
    crew.settle()
    computed = target.computed
    talk = Talk(1, ASSEMBLY_SECONDS, rate=ASSEMBLY_RATE, hearers=scale.people - 1, patience=PATIENCE)
    _sum_up(finding, crew.talk(talk))
    _add_cost(finding, "cpu_us_per_delivery", finding.figures["deliveries"], target, computed)
    _part(finding, crew)
    return finding


def _gather(crew: Crew, crowd: Crowd) -> None:
    """Have everybody come.

    Raises: Incomplete when somebody does not get in.
    """
    gathering = crew.gather(crowd, PATIENCE)
    if gathering.came < crowd.people:
        crew.disperse()
        raise Incomplete(_told(gathering, crowd.people))


def _told(gathering: Gathering, people: int) -> str:
    """Say who is missing, and why."""
    late = people - gathering.came - gathering.lost
    said = f' ("{gathering.refusal}")' if gathering.refusal else ""
    causes = [
        f"{gathering.lost} were refused or disconnected{said}" if gathering.lost else "",
        f"{late} did not get there in {PATIENCE:.0f} seconds" if late else "",
    ]
    return (
        f"only {gathering.came} of {people} got in: {' and '.join(filter(None, causes))}; "
        "are the server's limits off?"
    )


def _talked(target: Target, crew: Crew, name: str, crowd: Crowd, talk: Talk) -> Finding:
    finding = Finding(name, target.name)
    _gather(crew, crowd)
    crew.settle()
    computed = target.computed
    _sum_up(finding, crew.talk(talk))
    _add_cost(finding, "cpu_us_per_delivery", finding.figures["deliveries"], target, computed)
    _part(finding, crew)
    return finding


def _settle_in(finding: Finding, target: Target, crew: Crew, crowd: Crowd) -> None:
    """Have everybody come, and find what that and having them there costs."""
    begin, computed, before = time.monotonic(), target.computed, target.memory
    _gather(crew, crowd)
    finding.figures["connections_per_second"] = crowd.people / (time.monotonic() - begin)
    _add_cost(finding, "cpu_us_per_connection", crowd.people, target, computed)
    after = target.memory
    if before is not None and after is not None:
        finding.figures["kib_per_connection"] = (after - before) / crowd.people / 1024


def _part(finding: Finding, crew: Crew) -> None:
    """Have everybody leave, and say who was not there any more."""
    if lost := crew.lost():
        finding.notes.append(f"{lost} people were disconnected")
    crew.disperse()


def _sum_up(finding: Finding, heard: list[Heard]) -> None:
    """Add up what the workers heard, and say what is wrong with it."""
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
        finding.notes.append("not everybody heard the same in the same order")
    if max(one.busy for one in heard) > BUSY:
        finding.notes.append("the measuring side was busy itself: the server may be faster than this")


def _is_one_order(heard: list[Heard]) -> bool:
    """Whether all who only listened heard the same, as far as it is the same that they should hear."""
    seen: dict[str, set[tuple[int, int]]] = {}
    for one in heard:
        for what, deliveries, order in one.orders:
            seen.setdefault(what, set()).add((deliveries, order))
    return all(len(orders) == 1 for orders in seen.values())


def _time(finding: Finding, waits: list[float]) -> None:
    """Add the middle and the slow end of times, given in nanoseconds."""
    waits = sorted(waits)
    if waits:
        finding.figures["p50_ms"] = waits[len(waits) // 2] / 1e6
        finding.figures["p99_ms"] = waits[len(waits) * 99 // 100] / 1e6


def _add_cost(finding: Finding, name: str, count: float, target: Target, before: float | None) -> None:
    """Add what the server has computed since for each of so many things, if that can be known."""
    after = target.computed
    if before is not None and after is not None and count:
        finding.figures[name] = (after - before) / count * 1e6


def scenario_help() -> str:
    """Return a line on each scenario."""
    lines = [f"{name}: {run.__doc__}" for name, run in SCENARIOS.items()]
    return "\n\n".join(["What to measure, one or several; all of it if none is named.", *lines])
