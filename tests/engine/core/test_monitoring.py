"""What monitoring learns from the engine: its heartbeat, outages, commits and busy rooms."""

import pytest

from app.engine.monitoring.activity import WATCH_SECONDS, WINDOW_SECONDS
from app.engine.monitoring.engine_status import MAX_WAIT_SECONDS, STALL_SECONDS, EngineStatus
from app.net.monitoring.health import MIN_FREE_BYTES, Health
from app.net.monitoring.top import MAX_ENTRIES, ServerFigures, TopFigures
from app.net.send.flusher_pool import FlusherPool
from app.services.ledger.ledger import Ledger
from app.services.nodes.membership import Membership, NodeProfile
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather
from tests.engine.storage.test_storage import full, locked


def health_of(bench: EngineHarness, clock: MovedClock) -> Health:
    """Return the health of the harness's engine."""
    return Health(bench.core.engine, bench.database, clock)


def figures(bench: EngineHarness, clock: MovedClock) -> ServerFigures:
    """Take a sample of the harness's engine, which has no flushers."""
    flushers = FlusherPool(0, clock, use_io_uring=False)
    core = bench.core
    return TopFigures(core.runtime, core.engine, flushers, health_of(bench, clock)).sample()


def cycle(bench: EngineHarness, clock: MovedClock, milliseconds: int = 300) -> None:
    """Advance the clock and run a cycle."""
    clock.instant += milliseconds
    bench.core.engine.cycle([])


@pytest.mark.parametrize("outage", [locked, full])
def test_an_outage_makes_the_server_unready_until_it_ends(
    bench: EngineHarness, clock: MovedClock, outage: object
) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    health = health_of(bench, clock)
    assert health.readiness().ready
    with outage(bench):  # type: ignore[operator]
        alice.send("PRIVMSG #tea :hello")
        cycle(bench, clock, 7_000)
        status = bench.core.engine.status()
        readiness = health.readiness()
    assert (readiness.ready, readiness.outage_seconds) == (False, 7.0)
    assert readiness.reasons == [f"The database has failed for 7 s: {status.outage_reason}."]
    assert status.is_alive
    cycle(bench, clock)
    readiness = health.readiness()
    assert (readiness.ready, readiness.reasons, readiness.outage_seconds) == (True, [], None)


def test_the_last_commit_is_when_a_batch_was_stored(bench: EngineHarness, clock: MovedClock) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    clock.instant += 60_000
    alice.send("PRIVMSG #tea :hello")
    stored = clock.instant
    clock.instant += 5_000
    health = health_of(bench, clock)
    assert health.last_commit(bench.core.engine.status()) == stored


def test_a_database_that_does_not_answer_is_no_hang(
    bench: EngineHarness, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that takes minutes, as on a network disk, must not make systemd kill the server."""
    (alice,) = gather(bench, "#tea", "alice")
    seen: list[EngineStatus] = []
    commit = Ledger.commit

    def commit_slowly(ledger: Ledger, *arguments: object) -> object:
        clock.instant += 300_000
        seen.append(bench.core.engine.status())
        reasons.extend(health_of(bench, clock).readiness().reasons)
        return commit(ledger, *arguments)  # type: ignore[arg-type]

    reasons: list[str] = []
    monkeypatch.setattr(Ledger, "commit", commit_slowly)
    alice.send("PRIVMSG #tea :hello")
    assert seen[0].is_alive
    assert seen[0].storage_seconds == 300 > MAX_WAIT_SECONDS
    assert reasons == ["The database has not answered for 300 s."]
    assert bench.core.engine.status().storage_seconds == 0


def test_an_engine_without_cycles_is_not_alive(bench: EngineHarness, clock: MovedClock) -> None:
    cycle(bench, clock)
    clock.instant += int(STALL_SECONDS * 1000) - 1
    assert bench.core.engine.status().is_alive
    clock.instant += 1
    assert not bench.core.engine.status().is_alive
    assert health_of(bench, clock).readiness().reasons == ["The engine has been busy for 30 s."]


def test_a_full_disk_is_reported_before_it_fails(
    bench: EngineHarness, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = health_of(bench, clock)
    monkeypatch.setattr("app.net.monitoring.health.find_free_bytes", lambda database: MIN_FREE_BYTES - 1)
    assert health.readiness().reasons == ["The disk is almost full: 63 MiB are free."]
    monkeypatch.setattr("app.net.monitoring.health.find_free_bytes", lambda database: MIN_FREE_BYTES)
    assert health.readiness().ready


def test_a_node_whose_lease_may_have_expired_is_not_ready(bench: EngineHarness, clock: MovedClock) -> None:
    profile = NodeProfile("a", "1", {}, lease_seconds=10)
    bench.core.runtime.ledger.membership = Membership(profile, clock, lambda connection: clock.now())
    health = health_of(bench, clock)
    clock.instant += 9_999
    assert health.readiness().ready
    clock.instant += 1
    assert health.readiness().reasons == [
        "The node has not renewed its lease for 10 s, so other nodes may have ended its sessions."
    ]


def test_the_lag_is_what_others_announced_and_is_not_applied(bench: EngineHarness) -> None:
    engine = bench.core.engine
    position = engine.status().position
    engine.notifications.announce(position + 7)
    assert (engine.status().lag, engine.status().position) == (7, position)
    engine.notifications.announce(position)
    gather(bench, "#tea", "alice", "bob")
    assert engine.status().lag == max(0, position + 7 - engine.status().position)


def test_busy_rooms_are_counted_while_someone_watches(bench: EngineHarness, clock: MovedClock) -> None:
    alice, _bob = gather(bench, "#tea", "alice", "bob")
    alice.send("JOIN #milk")
    before = figures(bench, clock)
    assert before.busiest_rooms == []
    clock.instant += 2_000
    alice.send("PRIVMSG #tea :1")
    alice.send("NOTICE #tea :2", "PRIVMSG #milk :3", "PRIVMSG bob :not in a room", "TOPIC #tea :no message")
    after = figures(bench, clock)
    assert after.messages - before.messages == 4
    assert [(r.name, r.members, r.messages_per_second) for r in after.busiest_rooms] == [
        ("#tea", 2, 1.0),
        ("#milk", 1, 0.5),
    ]
    clock.instant += WINDOW_SECONDS * 1000
    assert figures(bench, clock).busiest_rooms == []
    clock.instant += int(WATCH_SECONDS * 1000) + 1
    alice.send("PRIVMSG #tea :nobody watches")
    assert figures(bench, clock).busiest_rooms == []


def test_top_names_no_secret_room_and_few_others(bench: EngineHarness, clock: MovedClock) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    rooms = [f"#room{number}" for number in range(MAX_ENTRIES + 3)]
    alice.send(*(f"JOIN {room}" for room in ["#plot", *rooms]), "MODE #plot +s")
    figures(bench, clock)
    alice.send(*(f"PRIVMSG #plot :{number}" for number in range(3)))
    alice.send(*(f"PRIVMSG {room} :x" for room in rooms))
    busiest = figures(bench, clock).busiest_rooms
    assert len(busiest) == MAX_ENTRIES
    assert (busiest[0].name, busiest[0].messages_per_second) == (None, 3.0)
