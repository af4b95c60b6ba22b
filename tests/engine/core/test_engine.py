"""The engine thread: exceptions in commands, full batches, shutdown."""

import logging
from threading import Event as Signal

import pytest

from app.clock import Clock
from app.engine import submission_queue
from app.engine.changeset import Changeset
from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.delivery.hub import Hub
from app.engine.engine import Engine
from app.engine.submission_unit import Callback, SlowWork, SubmissionUnit
from app.events import Event, Kind
from app.net.send.flusher_pool import FlusherPool
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather

NO_FLUSHERS = FlusherPool(0, Clock(), use_io_uring=False)


def fail(changeset: Changeset, client: Client) -> SlowWork | None:
    """Raise in a step."""
    raise ZeroDivisionError


def test_an_exception_in_a_command_disconnects_only_its_client(
    bench: EngineHarness, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    units = [
        SubmissionUnit(alice.client, [Callback(fail)]),
        SubmissionUnit(bob.client, [bench.request("PRIVMSG #tea :still here")]),
    ]
    bench.core.engine.cycle(units)
    assert alice.heard()[0].startswith("ERROR :Internal server error")
    assert alice.ear.is_finished
    assert "ZeroDivisionError" in caplog.text
    assert bob.ask("PING x") == [":irc.example PONG irc.example :x"]


def test_a_reading_command_that_writes_stores_nothing(
    bench: EngineHarness, caplog: pytest.LogCaptureFixture
) -> None:
    (alice,) = gather(bench, "#tea", "alice")

    def write(changeset: Changeset, client: Client) -> None:
        changeset.emit(Event(Kind.ANNOUNCED, text="never"))

    before = bench.core.runtime.ledger.last_id
    alice.do([Callback(write, writes=False)])
    assert "ReadOnlyChangeset" in caplog.text
    assert bench.core.runtime.ledger.last_id == before


def tell_the_unspeakable(changeset: Changeset, client: Client) -> None:
    """Emit an event that cannot be encoded, so that delivery fails after the commit."""
    changeset.derive(Event(Kind.VOID), Audience([client]))


def alone(bench: EngineHarness) -> Engine:
    """Return another engine on the harness's world, not started yet."""
    runtime = bench.core.runtime
    return Engine(runtime.world, runtime.ledger, Hub(), bench.core.dispatcher, bench.clock)


def test_a_failed_engine_releases_all_readers(
    bench: EngineHarness, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    ended = Signal()
    wreck = alone(bench)
    fatal, behind = (
        SubmissionUnit(alice.client, [Callback(tell_the_unspeakable)]),
        SubmissionUnit(alice.client, [Callback(fail)]),
    )
    with bench.core.runtime.database.locked():
        wreck.cycle([fatal])  # nothing can be stored, so it is held
    clock.instant += 1000
    wreck.start(NO_FLUSHERS, ended.set)
    with caplog.at_level(logging.ERROR):
        wreck.submit(behind)
        assert ended.wait(10)
    fatal.wait()
    behind.wait()
    assert wreck.has_failed
    assert "The engine failed" in caplog.text
    late = SubmissionUnit(alice.client, [bench.request("PING y")])
    wreck.submit(late)
    late.wait()
    assert alice.heard() == []


def test_units_submitted_after_the_end_are_released(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    made = alone(bench)
    made.start(NO_FLUSHERS, lambda: None)
    assert made.stop(10)
    assert not made.has_failed
    assert alice.heard() == ["ERROR :Closing link: The server is shutting down"]
    late = SubmissionUnit(alice.client, [bench.request("PING y")])
    made.submit(late)
    late.wait()


def test_a_full_batch_leaves_the_rest_for_the_next_cycle(
    bench: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    monkeypatch.setattr(submission_queue, "MAX_BATCH_STEPS", 3)
    made = alone(bench)
    units = [SubmissionUnit(alice.client, [bench.request(f"PRIVMSG #tea :{number}")]) for number in range(10)]
    for unit in units:
        made.submit(unit)
    made.start(NO_FLUSHERS, lambda: None)
    for unit in units:
        unit.wait()
    assert made.stop(10)
    assert [line.params[1] for line in bob.hears("PRIVMSG")] == [str(number) for number in range(10)]
