"""A batch ends after a fixed time; what is left of it comes first in the next one."""

from collections.abc import Callable

import pytest

from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.delivery.hub import Hub
from app.engine.engine import Engine
from app.engine.submission_unit import Callback, SubmissionUnit
from app.engine.unit_runner import MAX_BATCH_SECONDS
from app.net.receive.submission import MAX_UNIT_STEPS, Submitter
from app.net.send.flusher_pool import FlusherPool
from app.wire.framing import Framer
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import gather

STEP_MILLISECONDS = 100
UNITS_PER_BATCH = 3  # the time is over after the third step
NO_FLUSHERS = FlusherPool(0, MovedClock(), use_io_uring=False)
Work = Callable[[HarnessClient, str], SubmissionUnit]


@pytest.fixture
def work(bench: EngineHarness, clock: MovedClock) -> Work:
    """Return a function that makes units of one line, before which time passes."""

    def spend(changeset: Changeset, client: Client) -> None:
        clock.instant += STEP_MILLISECONDS

    def make(person: HarnessClient, line: str) -> SubmissionUnit:
        request = bench.request(line)
        return SubmissionUnit(person.client, [Callback(spend, writes=request.writes), request])

    assert UNITS_PER_BATCH - 1 < MAX_BATCH_SECONDS * 1000 / STEP_MILLISECONDS < UNITS_PER_BATCH
    return make


def done(units: list[SubmissionUnit]) -> int:
    """Return how many units are done; those are the first ones."""
    states = [unit.is_done for unit in units]
    assert states == sorted(states, reverse=True)
    return sum(states)


@pytest.mark.parametrize("line", ["PRIVMSG #tea :{}", "PING {}", "NAMES #tea"])
def test_what_a_batch_has_no_time_for_is_run_in_the_next_ones(
    bench: EngineHarness, work: Work, line: str
) -> None:
    people = gather(bench, "#tea", *(f"user{number}" for number in range(8)))
    units = [work(person, line.format(number)) for number, person in enumerate(people)]
    bench.core.engine.cycle(units)
    assert done(units) == UNITS_PER_BATCH
    assert bench.core.engine.waiting == len(units) - UNITS_PER_BATCH
    bench.core.engine.cycle([])
    assert done(units) == 2 * UNITS_PER_BATCH
    bench.core.engine.cycle([])
    assert done(units) == len(units)


def test_deferred_units_precede_newer_ones(bench: EngineHarness, work: Work) -> None:
    alice, bob, carol = gather(bench, "#tea", "alice", "bob", "carol")
    for number in range(4):
        bench.core.engine.cycle(
            [work(person, f"PRIVMSG #tea :{person.name} {number}") for person in (alice, bob)]
        )
    for _ in range(4):
        bench.core.engine.cycle([])
    assert [line.params[1] for line in carol.hears("PRIVMSG")] == [
        f"{name} {number}" for number in range(4) for name in ("alice", "bob")
    ]


def test_a_ping_is_answered_before_the_deferred_writes(bench: EngineHarness, work: Work) -> None:
    *people, probe = gather(bench, "#tea", *(f"user{number}" for number in range(8)), "probe")
    probe.heard()
    units = [work(person, "PRIVMSG #tea :hi") for person in people]
    ping = SubmissionUnit(probe.client, [bench.request("PING here")])
    bench.core.engine.cycle([*units, ping])
    assert ping.is_done
    assert done(units) == UNITS_PER_BATCH
    assert probe.heard()[-1] == ":irc.example PONG irc.example :here"


def test_a_read_of_the_world_waits_for_the_deferred_writes_before_it(
    bench: EngineHarness, work: Work
) -> None:
    *people, probe = gather(bench, "#tea", *(f"user{number}" for number in range(8)), "probe")
    probe.heard()
    units = [work(person, f"JOIN #{person.name}") for person in people]
    names = SubmissionUnit(probe.client, [bench.request("WHOIS user7")])
    bench.core.engine.cycle([*units, names])
    assert not names.is_done
    while not names.is_done:
        bench.core.engine.cycle([])
    assert done(units) == len(units)
    assert bench.core.engine.world.find_room("#user7") is not None


def test_a_unit_is_not_divided(bench: EngineHarness, work: Work) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    parts = [work(alice, f"PRIVMSG #tea :{number}") for number in range(9)]
    unit = SubmissionUnit(alice.client, [step for part in parts for step in part.steps])
    bench.core.engine.cycle([unit])
    assert unit.is_done
    assert len(bob.hears("PRIVMSG")) == 9


def test_deferred_writes_survive_a_storage_failure(
    bench: EngineHarness, work: Work, clock: MovedClock
) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    units = [work(alice, f"PRIVMSG #tea :{number}") for number in range(5)]
    bench.core.engine.cycle(units)
    assert done(units) == UNITS_PER_BATCH
    with bench.core.runtime.database.locked():
        bench.core.engine.cycle([])
        assert done(units) == UNITS_PER_BATCH
    clock.instant += 1_000
    bench.core.engine.cycle([])
    assert done(units) == len(units)
    assert [line.params[1] for line in bob.hears("PRIVMSG")] == list("01234")


def test_the_engine_finishes_deferred_units_before_it_stops(bench: EngineHarness, work: Work) -> None:
    people = gather(bench, "#tea", *(f"user{number}" for number in range(8)))
    runtime = bench.core.runtime
    made = Engine(runtime.world, runtime.ledger, Hub(), bench.core.dispatcher, bench.clock)
    units = [work(person, "PRIVMSG #tea :hi") for person in people]
    for unit in units:
        made.submit(unit)
    made.start(NO_FLUSHERS, lambda: None)
    assert made.stop(10)
    assert not made.has_failed
    assert done(units) == len(units)


def test_one_read_does_not_fill_a_batch(bench: EngineHarness) -> None:
    alice = bench.connect("alice")
    submitter = Submitter(alice.client, bench.core.engine, bench.core.runtime)
    frames = Framer().feed(b"PING x\r\n" * 1_000)
    portions, start = [], 0
    while start < len(frames):
        steps, delay = submitter.admit(frames, start)
        assert delay == 0
        portions.append(len(steps))
        start += len(steps)
    assert max(portions) == MAX_UNIT_STEPS
    assert sum(portions) == 1_000
