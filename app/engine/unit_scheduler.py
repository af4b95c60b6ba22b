"""Decides when each unit runs: at once, in the next batch, or when the database works again.

Units that only read are answered at once. Those that write are *held* until the log can be opened,
and then run in one transaction. While a batch is in flight, they run only if the next one may be
decided ahead. Units for which a batch has no time left are *deferred*: they come first in the next
one.

While the database fails, units that only read are still answered, except for reads of a world that
is ahead of the log, which are held. After a grace period new writes are refused with an error;
writes that were already waiting are held longer before they are refused too.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TypeAlias

from app.clock import Clock, Timer
from app.engine.changeset import Changeset
from app.engine.connection_upkeep import ConnectionUpkeep
from app.engine.handler import CommandHandler
from app.engine.held_units import HeldUnits
from app.engine.monitoring.engine_status import EngineStatus
from app.engine.nodes.lease_keeper import LeaseKeeper
from app.engine.nodes.notification_inbox import NotificationInbox
from app.engine.storing.committer import Committer
from app.engine.storing.lock_hold import MAX_IDLE_SECONDS
from app.engine.storing.outage import RETRY_SECONDS
from app.engine.submission_queue import SubmissionQueue
from app.engine.submission_unit import SubmissionUnit
from app.engine.unit_runner import UnitRunner
from app.engine.upkeep.upkeep import Upkeep
from app.engine.world.world import World
from app.errors import StorageError
from app.services.ledger.ledger import Ledger

LOG_POLL_SECONDS = 0.25  # how often the log is polled for events of other programs
SHARED_POLL_SECONDS = 1.0  # how often it is polled with nodes, in case a notification was lost
REMOVAL_SECONDS = 0.01  # as LOG_POLL_SECONDS, while expired history is removed
HOUSEKEEPING_SECONDS = 60.0  # interval of time-driven work, such as expiry

Deliver: TypeAlias = Callable[[Changeset, Sequence[SubmissionUnit]], None]


class UnitScheduler:
    """Runs the units of each cycle, and keeps those that have to wait."""

    def __init__(
        self,
        world: World,
        ledger: Ledger,
        handler: CommandHandler,
        clock: Clock,
        committer: Committer,
        queue: SubmissionQueue,
        notifications: NotificationInbox,
    ) -> None:
        self._world = world
        self._ledger = ledger
        self._handler = handler
        self._clock = clock
        self._committer = committer
        self._outage = committer.outage
        self._release_queue = committer.release_queue
        self._runner = UnitRunner(handler, clock)
        self._upkeep = Upkeep(world, ledger, handler, clock, queue)
        self._held = HeldUnits(world, self._runner, self._outage, self._release_queue, self._is_world_current)
        self._deferred: list[SubmissionUnit] = []  # for which the batch had no time; in the next cycle
        self._current: list[SubmissionUnit] = []  # of this cycle, including completed ones
        self._notifications = notifications
        self._lease = LeaseKeeper(world, ledger, handler)
        self._poll = Timer(clock, LOG_POLL_SECONDS)
        self._shared_poll = Timer(clock, SHARED_POLL_SECONDS)
        self._connections = ConnectionUpkeep(world, handler, clock, self._release_queue)
        self._housekeeping = Timer(clock, HOUSEKEEPING_SECONDS)
        self._skipped_upkeep = False  # because a commit was in flight
        self._started_at = clock.monotonic()  # of the cycle, read once for all timers

    @property
    def waiting(self) -> int:
        """The number of units that are deferred or held."""
        return len(self._deferred) + len(self._held)

    @property
    def is_drained(self) -> bool:
        """Whether this server was drained and has no more connections."""
        return self._connections.is_drained

    @property
    def gather_seconds(self) -> float:
        """How long the next cycle may wait for its first unit, in seconds."""
        if self._deferred or self._outage.is_waiting:
            return 0.0
        if self._outage.is_on:
            return RETRY_SECONDS
        if self._ledger.is_kept_open:
            return MAX_IDLE_SECONDS
        return REMOVAL_SECONDS if self._upkeep.is_removing else LOG_POLL_SECONDS

    def status(self) -> EngineStatus:
        """Return the state of the engine for monitoring; callable from any thread."""
        now, committed_at = self._clock.monotonic(), self._committer.committed_at
        return EngineStatus(
            cycle_seconds=now - self._started_at,
            storage_seconds=self._committer.storage_wait.seconds,
            commit_seconds=None if committed_at is None else now - committed_at,
            outage_seconds=self._outage.seconds if self._outage.is_on else None,
            outage_reason=self._outage.reason,
            is_draining=self._world.is_draining,
            position=self._ledger.last_id,
            lag=self._notifications.count_after(self._ledger.last_id),
            lease_seconds=self._lease.age_seconds,
            may_be_removed=self._lease.may_be_expired,
        )

    def take_units(self) -> Sequence[SubmissionUnit]:
        """Give up all units, including completed ones of the current cycle, and return them."""
        units = [*self._current, *self._deferred, *self._held.take(), *self._release_queue.take_units()]
        self._current, self._deferred = [], []
        return units

    def cycle(self, units: Iterable[SubmissionUnit]) -> None:
        """Process deferred, new and held units, as far as the database and the time allow."""
        self._current, self._deferred = [*self._deferred, *units], []
        self._finish_commit()
        reading, writing, after_write = self._partition(self._current)
        self._held.add(writing)
        self._run_reads(reading)
        self._started_at = self._clock.monotonic()
        self._connections.run(self._started_at)
        self._committer.retry()
        if not self._release_queue.is_stuck:
            self._write_or_read_remote()
        newcomers = writing + self._run_late_reads(after_write)
        if self._outage.is_on:
            self._held.refuse_expired(newcomers)
        elif not self._outage.is_waiting:
            self._run_upkeep(is_idle=not (reading or writing or after_write))

    def _finish_commit(self) -> None:
        """Deliver the batch in flight if it is stored; then do what waited for the connection."""
        self._committer.advance()
        if not self._release_queue.is_in_flight:
            if self._skipped_upkeep:
                self._run_upkeep(is_idle=False)
            self._keep_lease()

    def finish(self) -> None:
        """Run all units that wait for nothing but the next cycle, or the commit in flight."""
        while self._deferred or (self._held and self._release_queue.is_in_flight):
            if self._release_queue.is_in_flight:
                self._committer.finish_commit()
            self.cycle(())

    def _run_upkeep(self, is_idle: bool) -> None:
        """Do upkeep, unless a commit occupies the connection."""
        self._skipped_upkeep = self._release_queue.is_in_flight
        if not self._skipped_upkeep:
            self._upkeep.run(is_idle, self._started_at)

    def _keep_lease(self) -> None:
        """Renew the lease if it is time; before anything else, since it may have expired."""
        if self._outage.may_retry:
            try:
                with self._committer.storage_wait:
                    self._lease.run()
            except StorageError as error:
                self._outage.record_failure(error)

    def _write_or_read_remote(self) -> None:
        """Run the held units, or else deliver what other nodes have appended, without the lock."""
        if self._release_queue.is_in_flight:
            if self._held and self._committer.may_decide_ahead:
                self._decide_ahead()
            return
        self._notifications.acknowledge()
        is_behind = self._notifications.reaches_beyond(self._ledger.last_id)
        if not self._held:
            self._committer.release_idle_lock()
        has_opened = self._may_open() and self._run_writes()
        if not has_opened and self._ledger.has_nodes and (self._shared_poll.restart_if_due() or is_behind):
            self._committer.deliver_remote_events()
        self._adopt_transient()

    def _adopt_transient(self) -> None:
        """Deliver what other nodes have not stored, behind all that they had stored before it."""
        is_current = not self._notifications.reaches_beyond(self._ledger.last_id)
        if is_current and (transient := self._notifications.take_transient()):
            self._committer.adopter.adopt(transient)

    def _decide_ahead(self) -> None:
        """Run the held units before the batch in flight is stored."""
        changeset = Changeset(self._world, writable=True)
        units = self._held.take()
        self._current = [*self._current, *units]
        self._committer.commit_later(changeset, self._run_units(changeset, units))

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
        self._held.add(held)
        self._deferred += deferred
        self._run_reads(reading)
        return held

    def _must_hold(self, unit: SubmissionUnit) -> bool:
        """Whether the unit writes, or reads a world that is not current.

        The world may be ahead of the log, behind other nodes, or lack writes that arrived earlier.
        """
        return unit.writes or (unit.reads_world and not self._is_world_current())

    def _is_world_current(self) -> bool:
        has_earlier_writes = self._release_queue.is_in_flight and len(self._held) > 0
        return not (self._release_queue.is_stuck or self._lease.may_be_expired or has_earlier_writes)

    def _run_reads(self, units: Sequence[SubmissionUnit]) -> None:
        """Run units that only read, without a transaction.

        Replies that depend on nothing are delivered at once, unless something that was decided
        before waits for the same client. So PONG shows that all of that was delivered.
        """
        for deliver, group in groupby(units, self._choose_delivery):
            changeset = Changeset(self._world, writable=False)
            deliver(changeset, self._run_units(changeset, list(group)))

    def _choose_delivery(self, unit: SubmissionUnit) -> Deliver:
        """Return the method that delivers the replies to a unit that only reads."""
        if unit.reads_world or not self._release_queue.is_in_flight:
            return self._release_queue.deliver
        has_output = self._release_queue.has_output_for(unit.client)
        return self._release_queue.deliver_independent if has_output else self._release_queue.deliver_now

    def _may_open(self) -> bool:
        """Whether to open the log now: there is work to do, and no retry delay is running."""
        if self._outage.is_on:
            return self._outage.may_retry
        if self._held or self._committer.adopter.has_follow_ups or self._housekeeping.is_due():
            return True
        if self._lease.has_expired_nodes:
            return True
        if self._ledger.is_kept_open:
            return False
        return self._poll.restart_if_due() and self._ledger.has_remote_events()

    def _run_writes(self) -> bool:
        """Run the held units in a transaction, commit their events, then deliver.

        Return False if the log could not be opened.
        """
        changeset = self._committer.open()
        if changeset is None:
            return False
        self._lease.remove_expired_nodes(changeset)
        units = self._held.take()
        self._current = [*self._current, *units]
        if self._housekeeping.due_at <= self._started_at:
            self._housekeeping.restart()
            self._handler.run_housekeeping(changeset)
        self._committer.commit(changeset, self._run_units(changeset, units))
        return True

    def _run_units(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> Sequence[SubmissionUnit]:
        """Run units until the time is over; defer the others, and return those that were run."""
        count = self._runner.run(changeset, units)
        self._deferred += units[count:]
        return units[:count]
