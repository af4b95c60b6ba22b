"""Commits batches and delivers them, and retries the commit when the database fails.

On PostgreSQL, a batch of messages is committed in the background: it is *in flight* until the
database answers, and the engine goes on. If the commit keeps the log's lock, the engine may decide
the next batch *ahead* of the answer. Neither a batch nor what depends on it is delivered before the
batch is stored (`release_queue`).

A batch whose commit failed is *stuck*. The commit is retried until it succeeds, or turns out to
have succeeded although its answer was lost. Until then, nothing of the batch is delivered, and no
other batch is committed.
"""

import logging
from collections.abc import Sequence

from app.clock import Clock
from app.engine.changeset import Changeset
from app.engine.delivery.hub import Hub
from app.engine.delivery.plan import without_events
from app.engine.handler import CommandHandler
from app.engine.monitoring.activity import Activity
from app.engine.monitoring.engine_status import StorageWait
from app.engine.monitoring.meter import Meter
from app.engine.storing.adopter import RemoteEventAdopter
from app.engine.storing.batch import Batch
from app.engine.storing.lock_hold import LockHold
from app.engine.storing.outage import Outage
from app.engine.storing.release_queue import ReleaseQueue
from app.engine.submission_queue import SubmissionQueue
from app.engine.submission_unit import SubmissionUnit
from app.engine.world.world import World
from app.errors import LogBusy, StorageError
from app.events import Event
from app.services.ledger.ledger import Ledger

MAX_AHEAD_EVENTS = 10_000  # decided before the previous batch is stored
STOPPING = "The server is shutting down"

logger = logging.getLogger(__name__)


class Committer:
    """Commits changesets, then delivers them. Belongs to the engine's thread."""

    def __init__(
        self,
        world: World,
        ledger: Ledger,
        hub: Hub,
        handler: CommandHandler,
        clock: Clock,
        queue: SubmissionQueue,
    ) -> None:
        self._world = world
        self._ledger = ledger
        self.release_queue = ReleaseQueue(hub)
        self.adopter = RemoteEventAdopter(world, handler, self.release_queue)
        self._handler = handler
        self._clock = clock
        self.meter = Meter()
        self.activity = Activity(clock)
        self.outage = Outage(clock)
        self.storage_wait = StorageWait(clock)
        self.committed_at: float | None = None  # monotonic seconds of the last commit
        self._queue = queue
        self._lock_hold = LockHold(clock)
        self._started_at = 0.0  # monotonic seconds, of the last commit

    @property
    def may_decide_ahead(self) -> bool:
        """Whether the next batch may be decided before the one in flight is stored."""
        ahead = self.release_queue.ahead
        return self._ledger.keeps_lock and (ahead is None or len(ahead.changeset.events) < MAX_AHEAD_EVENTS)

    def open(self) -> Changeset | None:
        """Open the log; return a changeset with the events that other programs appended.

        Return None if the database fails.
        """
        if self._ledger.is_kept_open:
            return self.adopter.begin_changeset(())
        started = self._clock.monotonic()
        try:
            with self.storage_wait:
                remote_events = self._ledger.open()
        except LogBusy as error:
            self.outage.record_wait(error, started)
            return None
        except StorageError as error:
            self.outage.record_failure(error)
            return None
        self._lock_hold.begin()
        self.meter.opens.record(self._clock.monotonic() - (self.outage.waiting_since or started))
        self.outage.record_turn()
        return self.adopter.begin_changeset(remote_events)

    def deliver_remote_events(self) -> None:
        """Deliver what other nodes have appended, without opening the log."""
        try:
            with self.storage_wait:
                remote_events = self._ledger.read_remote_events()
        except StorageError as error:
            self.outage.record_failure(error)
            return
        if remote_events:
            self.adopter.adopt(remote_events)

    def commit(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> None:
        """Commit a changeset, and deliver it once it is stored."""
        self._commit(Batch(changeset, list(units)))

    def _commit(self, batch: Batch) -> None:
        if self._ledger.commits_in_background and batch.has_only_messages:
            self._start_commit(batch)
        else:
            self._commit_now(batch)

    def _start_commit(self, batch: Batch) -> None:
        keeps_lock = self._lock_hold.may_continue(self._ledger.is_alone, bool(self._queue))
        self._started_at = self._clock.monotonic()
        self.storage_wait.start()
        self._ledger.start_commit(
            batch.changeset.events, batch.changeset.transient, keeps_lock, self._queue.wake
        )
        self.release_queue.put_first(batch)
        batch.fix_encodings()

    def _commit_now(self, batch: Batch) -> None:
        """Commit a batch and deliver it; if the database fails, keep it for a retry."""
        self._started_at = self._clock.monotonic()
        self.release_queue.put_first(batch)
        try:
            with self.storage_wait:
                rejected = self._ledger.commit(batch.changeset.events, batch.changeset.transient)
        except StorageError as error:
            self._record_failure(error)
        else:
            self._record_commit()
            self._finish(self.release_queue.take_first(), rejected)

    def _record_failure(self, error: StorageError) -> None:
        """Record that the first batch is not stored, as far as this server knows."""
        self.meter.failures += 1
        self.outage.record_failure(error)
        self.release_queue.mark_stuck()
        if self.release_queue.first is not None:
            # The commit may have sent the transient events, which are soon out of date.
            self.release_queue.first.changeset.transient.clear()

    def advance(self) -> None:
        """Deliver the batch in flight if it is stored by now, and commit the next one."""
        if self._ledger.is_answered:
            self.finish_commit()

    def finish_commit(self) -> None:
        """Await the commit in flight; deliver its batch, and commit the one decided ahead."""
        try:
            rejected = self._ledger.finish_commit()
        except StorageError as error:
            self._record_failure(error)
            return
        finally:
            self.storage_wait.stop()
        self._lock_hold.record_batch()
        self._record_commit()
        batch = self.release_queue.take_first()
        ahead = self.release_queue.first
        if ahead is not None and self._ledger.is_kept_open and ahead.has_only_messages:
            self._start_commit(self.release_queue.take_first())  # and deliver the other batch meanwhile
            self._finish(batch, rejected)
        else:
            self._finish(batch, rejected)
            self._commit_ahead()

    def _commit_ahead(self) -> None:
        """Commit the batch that was decided ahead, if any; without the lock, as a stuck one."""
        if self.release_queue.first is None:
            return
        if self._ledger.is_kept_open:
            self._commit(self.release_queue.take_first())
        else:
            self.release_queue.mark_stuck()
            self.retry()

    def commit_later(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> None:
        """Commit a changeset that was decided ahead once the batch in flight is stored."""
        batch = Batch(changeset, list(units))
        batch.fix_encodings()
        self.release_queue.append(batch)

    def release_idle_lock(self) -> None:
        """Release the log's lock if no batch has needed it for a while."""
        if self._ledger.is_kept_open and not self._lock_hold.may_idle(self._ledger.is_alone):
            try:
                self._ledger.release_lock()
            except StorageError as error:
                self.outage.record_failure(error)

    def _record_commit(self) -> None:
        self.committed_at = self._clock.monotonic()
        self.meter.commits.record(self.committed_at - self._started_at)

    def _finish(self, batch: Batch, rejected: Sequence[Event]) -> None:
        """Deliver a batch that is stored, without the rejected events."""
        changeset = batch.changeset
        self.meter.batches.record(len(changeset.events))
        self.activity.record(changeset.events)
        if rejected:
            changeset.plan = without_events(
                changeset.plan, {id(event): self._handler.revert(event) for event in rejected}
            )
        if self.outage.is_on:
            self.outage.end()
        self.release_queue.release(batch)

    def retry(self) -> None:
        """Retry the stuck commit, if there is one and the delay is over."""
        if not self.release_queue.is_stuck or not self.outage.may_retry:
            return
        try:
            with self.storage_wait:
                rejected = self._ledger.resolve_commit()
                remote_events = self._ledger.open() if rejected is None else ()
        except StorageError as error:
            self.outage.record_failure(error)
            return
        if rejected is None:
            self._commit_behind(remote_events)
        else:
            self._finish(self.release_queue.take_first(), rejected)
            self._commit_ahead()

    def _commit_behind(self, remote_events: Sequence[Event]) -> None:
        """Commit all batches as one, behind the events that other programs appended.

        Raises: LogConflict when another node changed what a batch depends on.
        """
        changeset = self.release_queue.join_all().changeset
        if self._ledger.has_nodes:
            self.adopter.check_conflicts(remote_events, changeset)
        self.adopter.put_first(remote_events, changeset)
        self._commit_now(self.release_queue.take_first())

    def shut_down(self) -> None:
        """Disconnect all users; commit and deliver the last events."""
        while self.release_queue.is_in_flight:
            self.finish_commit()
        self.outage.skip_delay()
        self.retry()
        opened = None if self.release_queue.is_stuck else self.open()
        changeset = opened or Changeset(self._world, writable=True)
        self._handler.shut_down(changeset, STOPPING, self.release_queue.departing)
        if self._ledger.membership is not None:
            self._handler.remove_node(changeset, self._ledger.membership.name, STOPPING)
        if opened is None:
            logger.error(
                "Cannot store the last events: %s", self.outage.reason or "a batch is not stored yet"
            )
        else:
            self._store_last(opened)
        self.release_queue.deliver_now(changeset, [])
        self._ledger.close()

    def _store_last(self, changeset: Changeset) -> None:
        try:
            self._ledger.commit(changeset.events)
        except StorageError as error:
            logger.error("Cannot store the last events: %s", error)

    def disconnect_all(self, reason: str) -> None:
        """Disconnect all users without storing anything: this server may not write any more."""
        changeset = Changeset(self._world, writable=True)
        self._handler.shut_down(changeset, reason, self.release_queue.departing)
        self.release_queue.deliver_now(changeset, [])
        self._ledger.close()
