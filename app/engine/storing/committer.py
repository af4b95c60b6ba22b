"""Commits changesets and delivers them, and retries the commit when the database fails.

A changeset that could not be committed is *stuck*. Its commit is retried until it succeeds, or
until it turns out that it did and only the answer was lost. Until then nothing of it is delivered,
and no other changeset is committed.
"""

import logging
from collections.abc import Callable, Sequence

from app.clock import Clock
from app.engine.changeset import Changeset, FollowUp
from app.engine.delivery.hub import Hub
from app.engine.delivery.plan import without_events
from app.engine.handler import CommandHandler
from app.engine.monitoring.activity import Activity
from app.engine.monitoring.engine_status import StorageWait
from app.engine.monitoring.meter import Meter
from app.engine.nodes.conflicts import require_no_conflict
from app.engine.storing.outage import Outage
from app.engine.storing.unstored import adapt
from app.engine.submission_unit import SubmissionUnit
from app.engine.world.world import World
from app.errors import LogBusy, StorageError
from app.events import Event
from app.services.ledger import Ledger

STOPPING = "The server is shutting down"

logger = logging.getLogger(__name__)


def _do_nothing() -> None:
    """Placeholder until the flushers are started."""


class Committer:
    """The way of a changeset into the log and to the clients. Belongs to the engine's thread."""

    def __init__(self, world: World, ledger: Ledger, hub: Hub, handler: CommandHandler, clock: Clock) -> None:
        self._world = world
        self._ledger = ledger
        self._hub = hub
        self._handler = handler
        self._clock = clock
        self.meter = Meter()
        self.activity = Activity(clock)
        self.outage = Outage(clock)
        self.storage_wait = StorageWait(clock)
        self.committed_at: float | None = None  # monotonic seconds of the last commit
        self.flush: Callable[[], None] = _do_nothing  # called after each delivery
        self._stuck: tuple[Changeset, Sequence[SubmissionUnit]] | None = None
        self._follow_ups: list[FollowUp] = []  # of events adopted while the log was not open

    @property
    def is_stuck(self) -> bool:
        """Whether a changeset waits for its commit."""
        return self._stuck is not None

    @property
    def has_follow_ups(self) -> bool:
        """Whether adopted events entail others, which need an open log."""
        return bool(self._follow_ups)

    @property
    def deliveries(self) -> int:
        """The number of events delivered to connections since the start."""
        return self._hub.deliveries

    def open(self) -> Changeset | None:
        """Open the log; return a changeset with the events that other programs appended.

        Return None if the database fails.
        """
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
        self.meter.opens.record(self._clock.monotonic() - (self.outage.waiting_since or started))
        self.outage.record_turn()
        return self._apply_remote(remote_events)

    def deliver_remote_events(self) -> None:
        """Deliver what other nodes have appended, without opening the log."""
        try:
            with self.storage_wait:
                remote_events = self._ledger.read_remote_events()
        except StorageError as error:
            self.outage.record_failure(error)
            return
        if remote_events:
            self.adopt(remote_events)

    def adopt(self, remote_events: Sequence[Event]) -> None:
        """Apply and deliver events of other programs without opening the log.

        They must be all events up to some position of the log, or transient.
        """
        changeset = Changeset(self._world, writable=False)
        for event in remote_events:
            self._handler.apply_remote(changeset, event)
        self._follow_ups += changeset.follow_ups
        self.deliver(changeset, [])

    def _apply_remote(self, remote_events: Sequence[Event]) -> Changeset:
        """Apply events of other programs in a writable changeset, then all follow-ups."""
        changeset = Changeset(self._world, writable=True)
        for event in remote_events:
            self._handler.apply_remote(changeset, event)
        changeset.adopted_items = len(changeset.plan)
        kept, self._follow_ups = self._follow_ups, []
        changeset.run_follow_ups(kept)
        return changeset

    def commit(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> None:
        """Commit the changeset and deliver it; if the database fails, keep it for a retry."""
        started = self._clock.monotonic()
        try:
            with self.storage_wait:
                rejected = self._ledger.commit(changeset.events, changeset.transient)
        except StorageError as error:
            self._stuck = (changeset, units)
            self.meter.failures += 1
            self.outage.record_failure(error)
            return
        self.committed_at = self._clock.monotonic()
        self.meter.commits.record(self.committed_at - started)
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
        if self.outage.is_on:
            self.outage.end()
        self.deliver(changeset, units)

    def deliver(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> None:
        """Deliver a changeset that is stored or has no events, and complete its units."""
        self._hub.deliver(changeset.plan)
        self.flush()
        for unit in units:
            unit.mark_done()

    def retry(self) -> None:
        """Retry the stuck commit, if there is one and the delay is over."""
        if self._stuck is None or not self.outage.may_retry:
            return
        changeset, units = self._stuck
        try:
            with self.storage_wait:
                rejected = self._ledger.resolve_commit()
                remote_events = self._ledger.open() if rejected is None else []
        except StorageError as error:
            self.outage.record_failure(error)
            return
        if rejected is not None:
            self._finish(changeset, units, rejected)
            return
        self._put_remote_first(changeset, remote_events)
        self.commit(changeset, units)

    def _put_remote_first(self, changeset: Changeset, remote_events: Sequence[Event]) -> None:
        """Add the events that other programs appended before the changeset is committed.

        Raises: LogConflict when another node changed what the changeset depends on.
        """
        if self._ledger.has_nodes:
            users = self._world.users_on(self._world.node)
            require_no_conflict(changeset.events, remote_events, {user.session for user in users})
        adapt(changeset, remote_events, self._handler.revert)
        changeset.insert_adopted(self._apply_remote(remote_events), remote_events)

    def shut_down(self) -> None:
        """Disconnect all users; commit and deliver the last events."""
        self.outage.skip_delay()
        self.retry()
        opened = None if self.is_stuck else self.open()
        changeset = opened or Changeset(self._world, writable=True)
        self._handler.shut_down(changeset, STOPPING)
        if self._ledger.membership is not None:
            self._handler.remove_node(changeset, self._ledger.membership.name, STOPPING)
        if opened is None:
            logger.error(
                "Cannot store the last events: %s", self.outage.reason or "a batch is not stored yet"
            )
        else:
            self._store_last(opened)
        self.deliver(changeset, [])
        self._ledger.close()

    def _store_last(self, changeset: Changeset) -> None:
        try:
            self._ledger.commit(changeset.events)
        except StorageError as error:
            logger.error("Cannot store the last events: %s", error)

    def disconnect_all(self, reason: str) -> None:
        """Disconnect all users without storing anything: this server may not write any more."""
        changeset = Changeset(self._world, writable=True)
        self._handler.shut_down(changeset, reason)
        self.deliver(changeset, [])
        self._ledger.close()

    def take_stuck_units(self) -> Sequence[SubmissionUnit]:
        """Give up the stuck changeset, and return its units."""
        stuck, self._stuck = self._stuck, None
        return () if stuck is None else stuck[1]
