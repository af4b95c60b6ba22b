"""The engine: one thread that runs all commands in order, and delivers only what is committed.

A cycle takes all waiting units. Units that only read are answered at once. For units that write,
the cycle opens the log, applies the events that other programs appended, runs the steps in order,
commits the resulting events, and only then delivers them. While one batch commits, units for the
next one queue up. A batch also ends after a fixed time; its remaining units come first in the next.

When the database fails, the batch of the cycle is *stuck*: its commit is retried until it succeeds,
or until it turns out that it did and only the answer was lost. Meanwhile none of its output is
delivered. Units that only read are still answered. After a grace period new writes are refused with
an error; writes that were already waiting are held longer before they are refused too.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from threading import Thread

from app.clock import Clock, Timer
from app.engine.activity import Activity
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.delivery.hub import Hub
from app.engine.delivery.plan import split_remote, without_events
from app.engine.delivery.sink import FlushScheduler
from app.engine.engine_status import EngineStatus, StorageWait
from app.engine.handler import CommandHandler
from app.engine.meter import Meter
from app.engine.outage import RETRY_SECONDS, Outage, RefusalScope
from app.engine.submission_queue import SubmissionQueue
from app.engine.submission_unit import SlowWork, Step, SubmissionUnit
from app.engine.upkeep.chain import ChainUpkeep
from app.engine.upkeep.erasure import ErasureUpkeep
from app.engine.upkeep.upkeep import Upkeep
from app.engine.world.world import World
from app.errors import ClaimLost, StorageError
from app.events import Event
from app.services.ledger import Ledger
from app.threads import name_thread

MAX_BATCH_SECONDS = 0.25  # for running units; after it, the others wait for the next batch
LOG_POLL_SECONDS = 0.25  # how often the log is polled for events of other programs
REMOVAL_SECONDS = 0.03  # as LOG_POLL_SECONDS, while expired history is removed
HOUSEKEEPING_SECONDS = 60.0  # interval of time-driven work, such as expiry
IDLE_CHECK_SECONDS = 5.0  # interval of the check for idle connections

logger = logging.getLogger(__name__)


def _do_nothing() -> None:
    """Placeholder for callbacks until the engine starts."""


class Engine:
    """Runs cycles on its own thread; tests call `cycle` instead."""

    def __init__(self, world: World, ledger: Ledger, hub: Hub, handler: CommandHandler, clock: Clock) -> None:
        self.world = world
        self._ledger = ledger
        self._hub = hub
        self._handler = handler
        self._clock = clock
        self.meter = Meter()
        self.activity = Activity(clock)
        self.has_failed = False  # an unexpected exception ended the thread
        self.lost_claim: ClaimLost | None = None  # the thread ended because another server took over
        self._has_ended = False
        self._waiting = SubmissionQueue()
        self._held: list[SubmissionUnit] = []
        self._deferred: list[SubmissionUnit] = []  # for which the batch had no time; in the next cycle
        self._current: list[SubmissionUnit] = []  # of this cycle, including completed ones
        self._stuck: tuple[Changeset, Sequence[SubmissionUnit]] | None = None
        self._outage = Outage(clock)
        self._poll = Timer(clock, LOG_POLL_SECONDS)
        self.units_per_cycle = 0  # in the last cycle: a measure of concurrency
        self._idle_check = Timer(clock, IDLE_CHECK_SECONDS)
        self._upkeep = Upkeep(world, ledger, handler, clock)
        self._chain = ChainUpkeep(ledger, clock)
        self._erasure = ErasureUpkeep(world, ledger, clock)
        self._housekeeping = Timer(clock, HOUSEKEEPING_SECONDS)
        self._started_at = clock.monotonic()  # of the cycle, read once for all timers
        self._storage_wait = StorageWait(clock)
        self._committed_at: float | None = None  # monotonic seconds of the last commit
        self._flush: Callable[[], None] = _do_nothing
        self._on_end: Callable[[], None] = _do_nothing
        self._thread = Thread(target=self._run, name="engine", daemon=True)

    def start(self, flushers: FlushScheduler, on_end: Callable[[], None]) -> None:
        """Start the thread; wake `flushers` after each delivery, and call `on_end` at exit."""
        self._flush = flushers.wake
        self._on_end = on_end
        self._thread.start()

    @property
    def waiting(self) -> int:
        """The number of units that are queued, deferred or held."""
        return len(self._waiting) + len(self._deferred) + len(self._held)

    @property
    def deliveries(self) -> int:
        """The number of events delivered to connections since the start."""
        return self._hub.deliveries

    def status(self) -> EngineStatus:
        """Return the state of the engine for monitoring; callable from any thread."""
        now, committed_at = self._clock.monotonic(), self._committed_at
        return EngineStatus(
            cycle_seconds=now - self._started_at,
            storage_seconds=self._storage_wait.seconds,
            commit_seconds=None if committed_at is None else now - committed_at,
            outage_seconds=self._outage.seconds if self._outage.is_on else None,
            outage_reason=self._outage.reason,
        )

    def submit(self, unit: SubmissionUnit) -> None:
        """Queue a unit; thread-safe. After the engine has ended, the unit is released at once."""
        self._waiting.put(unit)
        if self._has_ended:
            self._release_waiting()

    def _release_waiting(self) -> None:
        """Release all units without running them, so that their readers can finish."""
        stuck = self._stuck[1] if self._stuck else ()
        units = [*self._current, *self._deferred, *self._held, *stuck, *self._waiting.drain()]
        self._current, self._deferred, self._held, self._stuck = [], [], [], None
        for unit in units:
            with suppress(RuntimeError):  # it was completed before the failure
                unit.mark_done()

    def stop(self, timeout: float) -> bool:
        """Finish the waiting units, disconnect all users and exit.

        Return whether the thread exited within `timeout` seconds.
        """
        self._waiting.end()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        name_thread("engine")
        try:
            is_running = True
            while is_running:
                self._current, is_running = self._waiting.gather(self._gather_seconds)
                self.units_per_cycle = len(self._current)
                self.cycle(self._current)
            while self._deferred:
                self.cycle(())
            self._shut_down()
        except ClaimLost as error:
            self.lost_claim = error
            logger.critical("%s", error)
            self._disconnect_all()
        except Exception:
            self.has_failed = True
            logger.exception("The engine failed; shutting down")
        finally:
            self._has_ended = True
            self._release_waiting()
            self._on_end()

    @property
    def _gather_seconds(self) -> float:
        """How long to wait for the first unit, in seconds."""
        if self._deferred:
            return 0.0
        if self._outage.is_on:
            return RETRY_SECONDS
        return REMOVAL_SECONDS if self._upkeep.is_removing else LOG_POLL_SECONDS

    def cycle(self, units: Iterable[SubmissionUnit]) -> None:
        """Process deferred, new and held units, as far as the database and the time allow."""
        if self._deferred:
            units, self._deferred = [*self._deferred, *units], []
            self._current = units
        reading, writing, after_write = self._partition(units)
        self._held += writing
        self._run_reads(reading)
        self._started_at = self._clock.monotonic()
        if self._idle_check.due_at <= self._started_at:
            self._idle_check.restart()
            self._check_idle()
        if self._stuck is not None:
            self._retry(*self._stuck)
        if self._stuck is None and self._may_open():
            self._run_writes()
        newcomers = writing + self._run_late_reads(after_write)
        if self._outage.is_on:
            self._refuse_expired(newcomers)
        else:
            self._run_upkeep(is_idle=not (reading or writing or after_write))

    def _run_upkeep(self, is_idle: bool) -> None:
        unit = self._upkeep.run(is_idle, bool(self._waiting), self._started_at)
        if unit is not None:
            self.submit(unit)
        self._chain.run(lambda: not self._waiting)
        if self.world.is_erasing and self._stuck is None:
            self._erasure.run(lambda: not self._waiting)

    def _partition(
        self, units: Iterable[SubmissionUnit]
    ) -> tuple[list[SubmissionUnit], list[SubmissionUnit], list[SubmissionUnit]]:
        """Split units into reads, writes, and reads that came after a write.

        A read of the world sees the effects of all earlier writes of any connection. While the
        database fails, reads do not wait.
        """
        reading: list[SubmissionUnit] = []
        writing: list[SubmissionUnit] = []
        after_write: list[SubmissionUnit] = []
        for unit in units:
            if self._must_hold(unit):
                writing.append(unit)
            else:
                (after_write if writing and not self._outage.is_on else reading).append(unit)
        return reading, writing, after_write

    def _run_late_reads(self, after_write: Sequence[SubmissionUnit]) -> list[SubmissionUnit]:
        """Answer reads that came after a write; hold and return those that must now wait.

        After writes that were deferred, only reads that do not depend on them are answered.
        """
        reading: list[SubmissionUnit] = []
        held: list[SubmissionUnit] = []
        deferred: list[SubmissionUnit] = []
        for unit in after_write:
            if self._must_hold(unit):
                held.append(unit)
            else:
                (deferred if self._deferred and unit.reads_world else reading).append(unit)
        self._held += held
        self._deferred += deferred
        self._run_reads(reading)
        return held

    def _must_hold(self, unit: SubmissionUnit) -> bool:
        """Whether the unit writes, or reads shared state while some of it is not committed."""
        return unit.writes or (self._stuck is not None and unit.reads_world)

    def _run_reads(self, units: Sequence[SubmissionUnit]) -> None:
        """Run units that only read, without a transaction."""
        if not units:
            return
        changeset = Changeset(self.world, writable=False)
        self._deliver(changeset, self._run_units(changeset, units))

    def _check_idle(self) -> None:
        changeset = Changeset(self.world, writable=False)
        self._handler.check_idle(changeset)
        self._deliver(changeset, [])

    def _run_writes(self) -> None:
        """Run the held units in a transaction, commit their events, then deliver."""
        try:
            with self._storage_wait:
                remote_events = self._ledger.open()
        except StorageError as error:
            self._outage.record_failure(error)
            return
        units, self._held = self._held, []
        self._current = [*self._current, *units]
        changeset = Changeset(self.world, writable=True)
        for event in remote_events:
            self._handler.apply_remote(changeset, event)
        if self._housekeeping.due_at <= self._started_at:
            self._housekeeping.restart()
            self._handler.run_housekeeping(changeset)
        self._store(changeset, self._run_units(changeset, units))

    def _run_units(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> Sequence[SubmissionUnit]:
        """Run units, at least one, until the time is over; defer the others.

        Return those that were run. Units are not divided, so a client's replies stay in order.
        """
        end = self._clock.monotonic() + MAX_BATCH_SECONDS
        for number, unit in enumerate(units, 1):
            self._run_unit(changeset, unit)
            if self._clock.monotonic() >= end:
                self._deferred += units[number:]
                return units[:number]
        return units

    def _run_unit(self, changeset: Changeset, unit: SubmissionUnit) -> None:
        """Run the steps of a unit, up to and including the first that needs slow work."""
        steps, unit.steps = unit.steps, []
        for number, step in enumerate(steps, 1):
            unit.slow_work = self._run_step(changeset, unit.client, step)
            if unit.slow_work is not None:
                unit.steps = steps[number:]
                return

    def _run_step(self, changeset: Changeset, client: Client, step: Step) -> SlowWork | None:
        try:
            return self._handler.run(changeset, client, step)
        except Exception:
            logger.exception("A command failed; its client is disconnected.")
            changeset.close(
                client, "ERROR :Internal server error; your last command failed, and the server has logged it"
            )
            return None

    def _store(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> None:
        """Commit the changeset and deliver it; if the database fails, keep it for a retry."""
        started = self._clock.monotonic()
        try:
            with self._storage_wait:
                rejected = self._ledger.commit(changeset.events)
        except StorageError as error:
            self._stuck = (changeset, units)
            self.meter.failures += 1
            self._outage.record_failure(error)
            return
        self._committed_at = self._clock.monotonic()
        self.meter.commits.record(self._committed_at - started)
        self._finish(changeset, units, rejected)

    def _finish(
        self, changeset: Changeset, units: Sequence[SubmissionUnit], rejected: Sequence[Event]
    ) -> None:
        """Deliver a changeset that is stored, except for the rejected events."""
        self.meter.batches.record(len(changeset.events))
        self.activity.record(changeset.events)
        self._stuck = None
        if rejected:
            changeset.plan = without_events(
                changeset.plan, {id(event): self._handler.revert(event) for event in rejected}
            )
        if self._outage.is_on:
            self._outage.end()
        self._deliver(changeset, units)

    def _retry(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> None:
        """Retry the stuck commit, after events that other programs appended in the meantime."""
        if not self._outage.may_retry:
            return
        try:
            with self._storage_wait:
                rejected = self._ledger.resolve_commit()
                remote_events = self._ledger.open() if rejected is None else []
        except StorageError as error:
            self._outage.record_failure(error)
            return
        if rejected is not None:
            self._finish(changeset, units, rejected)
            return
        remote = Changeset(self.world, writable=True)
        for event in remote_events:
            self._handler.apply_remote(remote, event)
        broadcasts, consequences = split_remote(remote.plan, remote_events)
        changeset.events += remote.events
        changeset.plan = [*broadcasts, *changeset.plan, *consequences]
        self._store(changeset, units)

    def _deliver(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> None:
        self._hub.deliver(changeset.plan)
        self._flush()
        for unit in units:
            unit.mark_done()

    def _may_open(self) -> bool:
        """Whether to open the log now: there is work to do, and no retry delay is running."""
        if self._outage.is_on and not self._outage.may_retry:
            return False
        if self._held or self._housekeeping.is_due():
            return True
        return self._poll.restart_if_due() and self._ledger.has_remote_events()

    def _refuse_expired(self, newcomers: Sequence[SubmissionUnit]) -> None:
        """Refuse held units after the grace period; `newcomers` arrived in this cycle."""
        refused = self._outage.refused
        if refused is RefusalScope.ALL:
            self._refuse(self._held)
        elif refused is RefusalScope.NEWCOMERS:
            held = set(self._held)
            self._refuse([unit for unit in newcomers if unit in held])

    def _refuse(self, units: Sequence[SubmissionUnit]) -> None:
        """Refuse held units with an error; units that cannot be refused stay held."""
        refused = set(units)
        self._held = [unit for unit in self._held if unit not in refused]
        for unit in units:
            changeset = Changeset(self.world, writable=False, may_show_world=self._stuck is None)
            while unit.steps and unit.slow_work is None and not unit.steps[0].must_wait(unit.client):
                unit.slow_work = self._run_step(changeset, unit.client, unit.steps.pop(0))
            must_wait = unit.steps and unit.slow_work is None
            self._deliver(changeset, [] if must_wait else [unit])
            if must_wait:
                self._held.append(unit)

    def _shut_down(self) -> None:
        """Disconnect all users; commit and deliver the last events."""
        if self._stuck is not None:
            self._outage.skip_delay()
            self._retry(*self._stuck)
        changeset = Changeset(self.world, writable=True)
        self._handler.shut_down(changeset)
        try:
            self._store_last(changeset)
        except StorageError as error:
            logger.error("Cannot store the last events: %s", error)
        self._deliver(changeset, [])
        self._ledger.close()

    def _disconnect_all(self) -> None:
        """Disconnect all users without storing anything: the log belongs to another server."""
        changeset = Changeset(self.world, writable=True)
        self._handler.shut_down(changeset)
        self._deliver(changeset, [])

    def _store_last(self, changeset: Changeset) -> None:
        """Commit the last events, unless an earlier batch is still stuck.

        Raises: StorageError.
        """
        if self._stuck is not None:
            raise StorageError("an earlier batch is not stored yet")
        self._ledger.open()
        self._ledger.commit(changeset.events)
