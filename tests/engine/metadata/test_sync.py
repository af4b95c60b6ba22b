"""METADATA SYNC in pages (IRCv3 draft/metadata-3, "Postponed synchronization")."""

import pytest

from app.commands.metadata.syncing import (
    MAX_LINES_PER_PAGE,
    MAX_OWNERS_PER_PAGE,
    MAX_SYNCS,
    RETRY_AFTER_SECONDS,
)
from app.engine.submission_unit import SubmissionUnit, run_slow_work
from app.events import Event, Kind
from app.events.data import ConnectedData, JoinedData
from app.wire.line import parse
from app.wire.names import fold
from tests.engine import scenes
from tests.engine.harness import EngineHarness, HarnessClient

CAPS = ("draft/metadata-3", "batch", "labeled-response")
CROWD = MAX_LINES_PER_PAGE // 2 + 10  # people who say two things each


@pytest.fixture
def crowd(bench: EngineHarness) -> list[HarnessClient]:
    """A room whose members have more metadata than fits a page."""
    people = [bench.connect(f"n{number}") for number in range(CROWD)]
    for number, person in enumerate(people):
        person.send("JOIN #all", f"METADATA * SET color {number}", f"METADATA * SET status {number}")
    for person in people:
        person.heard()
    return people


def reader(bench: EngineHarness, name: str, *caps: str) -> HarnessClient:
    """Connect a member subscribed to the keys in use."""
    person = bench.connect(name, *CAPS, *caps)
    person.ask("METADATA * SUB color status", "JOIN #all")
    return person


def begin(person: HarnessClient, line: str) -> SubmissionUnit:
    """Send a line and stop after the first page."""
    unit = SubmissionUnit(person.client, [person.bench.request(line)])
    person.bench.core.engine.cycle([unit])
    assert unit.slow_work is not None
    return unit


def go_on(person: HarnessClient, unit: SubmissionUnit) -> SubmissionUnit:
    """Run the reader's slow work and receive the next page."""
    assert unit.slow_work is not None
    with person.bench.database.reading() as session:
        unit = unit.make_continuation(run_slow_work(unit.slow_work, session))
    person.bench.core.engine.cycle([unit])
    return unit


def finish(person: HarnessClient, unit: SubmissionUnit) -> None:
    """Receive the remaining pages."""
    while unit.slow_work is not None:
        unit = go_on(person, unit)


def told(lines: list[str]) -> list[tuple[str, str, str]]:
    """Return target, key and value of each line of the single batch."""
    first, *inside, last = map(parse, lines)
    name = first.params[0].removeprefix("+")
    assert (first.params[1], last.params) == ("metadata", [f"-{name}"])
    assert all((line.command, line.tags.get("batch")) == ("761", name) for line in inside)
    return [(line.params[1], line.params[2], line.params[4]) for line in inside]


@pytest.mark.usefixtures("crowd")
def test_joining_a_large_room_postpones_the_sync(
    bench: EngineHarness,
) -> None:
    dora = bench.connect("dora", *CAPS)
    dora.ask("METADATA * SUB color status")
    burst = dora.ask("JOIN #all")
    assert burst[-1] == ":irc.example 774 dora #all 0 :Request it later with METADATA SYNC"
    assert not any(" BATCH " in line for line in burst)
    expected = [(f"n{n}", key, str(n)) for n in range(CROWD) for key in ("color", "status")]
    for target in ("#all", "*ALL"):
        assert sorted(told(dora.ask(f"METADATA {target} SYNC"))) == sorted(expected)
    assert bench.core.runtime.world.syncing == set()


@pytest.mark.usefixtures("crowd")
def test_a_paged_sync_is_one_labelled_batch(
    bench: EngineHarness,
) -> None:
    dora = reader(bench, "dora")
    lines = dora.ask("@label=s METADATA #all SYNC", "@label=p PING fence")
    assert lines[0].startswith("@label=s :irc.example BATCH +")
    assert lines[-1] == "@label=p :irc.example PONG irc.example :fence"
    assert not any("label" in line for line in lines[1:-1])
    assert len(told([lines[0].removeprefix("@label=s "), *lines[1:-1]])) == 2 * CROWD


def test_other_events_interleave_with_sync_pages(bench: EngineHarness, crowd: list[HarnessClient]) -> None:
    dora = reader(bench, "dora")
    unit = begin(dora, "METADATA #all SYNC")
    page = dora.heard()
    assert len(page) <= MAX_LINES_PER_PAGE + 2
    crowd[-1].send("METADATA * SET color changed")
    crowd[-2].send("QUIT")
    crowd[-3].send("NICK another")
    assert [line for line in dora.heard() if " 761 " in line] == [
        f":irc.example 761 * n{CROWD - 1} color * :changed"
    ]
    finish(dora, unit)
    rest = [tuple(line.split(" ")[4:6]) for line in dora.heard()[:-1]]
    assert ("another", "color") in rest
    assert (f"n{CROWD - 2}", "color") not in rest
    assert (f"n{CROWD - 1}", "color") in rest


def test_a_kick_ends_the_sync_of_a_room(bench: EngineHarness, crowd: list[HarnessClient]) -> None:
    dora = reader(bench, "dora")
    unit = begin(dora, "METADATA #all SYNC")
    crowd[0].send("KICK #all dora")
    dora.heard()
    finish(dora, unit)
    assert [line.split(" ")[1:3:1][0] for line in dora.heard()] == ["BATCH"]


@pytest.mark.usefixtures("crowd")
def test_concurrent_syncs_are_limited(bench: EngineHarness) -> None:
    readers = [reader(bench, f"r{number}") for number in range(MAX_SYNCS + 1)]
    units = [begin(person, "METADATA #all SYNC") for person in readers[:MAX_SYNCS]]
    late = readers[-1]
    later = f":irc.example 774 {late.name} #all {RETRY_AFTER_SECONDS} :Request it later with METADATA SYNC"
    assert late.ask("METADATA #all SYNC") == [later]
    assert len(late.ask("METADATA n0 SYNC")) == 4
    finish(readers[0], units[0])
    assert len(told(late.ask("METADATA #all SYNC"))) == 2 * CROWD
    readers[1].hang_up()
    assert len(bench.core.runtime.world.syncing) == MAX_SYNCS - 2


@pytest.mark.usefixtures("crowd")
def test_a_disconnect_between_pages_is_harmless(bench: EngineHarness) -> None:
    dora = reader(bench, "dora")
    unit = begin(dora, "METADATA #all SYNC")
    dora.hang_up()
    finish(dora, unit)
    assert bench.core.runtime.world.syncing == set()


def test_sync_without_subscriptions_ends_at_once(
    bench: EngineHarness,
) -> None:
    plain, dora = bench.connect("plain"), bench.connect("dora", *CAPS)
    plain.ask("JOIN #all")
    world = bench.core.runtime.world
    room = world.room_keys[fold("#all")]
    entering = {Kind.CONNECTED: ConnectedData("192.0.2.1", "", "main"), Kind.JOINED: JoinedData()}
    for session in range(1, MAX_OWNERS_PER_PAGE + 1):
        for kind, data in entering.items():
            world.apply(Event(kind, room=room.id, session=session, nick=f"n{session}", data=data))
    assert plain.ask("METADATA #all SYNC") == [":irc.example 762 plain :End of metadata"]
    assert told(dora.ask("JOIN #all")[-2:]) == []
    assert dora.ask("PART #all", "METADATA * SUB color", "JOIN #all")[-1].split(" ")[1:4] == [
        "774",
        "dora",
        "#all",
    ]


def test_a_room_without_metadata_syncs_empty(bench: EngineHarness) -> None:
    scenes.gather(bench, "#tea", "alice")
    dora = bench.connect("dora", *CAPS)
    dora.ask("JOIN #tea", "METADATA * SUB color")
    assert told(dora.ask("METADATA #tea SYNC")) == []
