"""Removes expired history, by the engine, after all work that clients wait for.

A pass over all rooms and conversations runs a few times per hour, in steps of about two
milliseconds.
"""

import logging

from app.clock import Clock, Timer
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.delivery.sink import NullSink
from app.engine.handler import CommandHandler
from app.engine.submission_unit import Callback, SubmissionUnit
from app.engine.upkeep.pace import Pace
from app.engine.world.world import World
from app.errors import StorageError
from app.services.ledger.log_upkeep import LogUpkeep
from app.services.retention.expiry import ExpiryCounts, ExpiryPass

PASS_SECONDS = 600.0  # interval between the starts of passes
MIN_PAUSE_SECONDS = 0.01  # after a step

logger = logging.getLogger(__name__)


class RetentionUpkeep:
    """Runs the passes, one step at a time."""

    def __init__(self, world: World, log: LogUpkeep, handler: CommandHandler, clock: Clock) -> None:
        self._world = world
        self._log = log
        self._handler = handler
        self._clock = clock
        self._pass: ExpiryPass | None = None
        self._passes = Timer(clock, PASS_SECONDS)
        self._passes.due_at = 0.0  # the first begins at once
        self._pace = Pace(clock, MIN_PAUSE_SECONDS)

    @property
    def is_running(self) -> bool:
        """Whether a pass is in progress."""
        return self._pass is not None

    def run(self, is_idle: bool, now: float) -> SubmissionUnit | None:
        """Make the next step if it is time; after a pass that removed something, return a record.

        `is_idle` says that no units have arrived; `now` is in monotonic seconds. The record is a
        unit to be submitted to the engine.
        """
        if not self._pace.is_due(now) or not self._begin(now):
            return None
        try:
            return self._step(is_idle)
        except StorageError as error:
            self._pass = None
            logger.warning("Cannot remove expired history; trying again later: %s", error)
            return None

    def _begin(self, now: float) -> bool:
        """Begin a pass if it is time; return whether one is in progress."""
        if self._pass is None and self._passes.due_at <= now:
            self._passes.restart()
            handler = self._handler
            self._pass = ExpiryPass(handler.retention_defaults, self._clock.now(), handler.server_name)
        return self._pass is not None

    def _step(self, is_idle: bool) -> SubmissionUnit | None:
        expiry = self._pass
        assert expiry is not None
        with self._pace.step(is_idle):
            step = self._log.maintain(expiry.step)
        if step.room is not None:
            self._world.recent.drop(step.room)
        if not expiry.is_complete:
            return None
        self._pass = None
        return self._make_record(expiry.counts) if expiry.counts.events else None

    def _make_record(self, counts: ExpiryCounts) -> SubmissionUnit:
        def record(changeset: Changeset, client: Client) -> None:
            self._handler.record_expiry(changeset, counts)

        return SubmissionUnit(Client(NullSink(), "", False, self._clock.monotonic()), [Callback(record)])
