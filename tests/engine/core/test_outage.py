"""Waiting for other programs that hold the log is an outage only if it lasts."""

import pytest

from app.engine.storing.outage import MAX_TURN_SECONDS, Outage, RefusalScope
from app.errors import LogBusy, StorageError
from tests.conftest import MovedClock

BUSY = LogBusy("canceling statement due to lock timeout")


@pytest.fixture
def outage(clock: MovedClock) -> Outage:
    """No outage."""
    return Outage(clock)


def wait(outage: Outage, clock: MovedClock, seconds: float) -> None:
    """Wait in vain for the log to become free."""
    started = clock.monotonic()
    clock.instant += round(seconds * 1000)
    outage.record_wait(BUSY, started)


def test_waiting_for_a_turn_is_no_outage(outage: Outage, clock: MovedClock) -> None:
    for _ in range(10):
        wait(outage, clock, MAX_TURN_SECONDS - 0.1)
        assert outage.is_waiting
        assert not outage.is_on
        assert outage.may_retry
        outage.record_turn()
        assert not outage.is_waiting


def test_waiting_that_lasts_is_an_outage_since_it_began(outage: Outage, clock: MovedClock) -> None:
    for _ in range(4):
        assert not outage.is_on
        wait(outage, clock, MAX_TURN_SECONDS / 4 + 0.001)
    assert outage.is_on
    assert not outage.is_waiting
    assert outage.reason == str(BUSY)
    assert outage.seconds > MAX_TURN_SECONDS
    assert outage.refused is RefusalScope.NEWCOMERS
    assert not outage.may_retry


def test_waiting_during_an_outage_continues_it(outage: Outage, clock: MovedClock) -> None:
    outage.record_failure(StorageError("disk full"))
    wait(outage, clock, 0.5)
    assert outage.is_on
    assert outage.reason == str(BUSY)
