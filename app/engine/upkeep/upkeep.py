"""Upkeep of the database, by the engine, after all work that clients wait for."""

from app.clock import Clock
from app.engine.handler import CommandHandler
from app.engine.submission_queue import SubmissionQueue
from app.engine.upkeep.chain import ChainUpkeep
from app.engine.upkeep.erasure import ErasureUpkeep
from app.engine.upkeep.index import IndexUpkeep
from app.engine.upkeep.retention import RetentionUpkeep
from app.engine.upkeep.space import SpaceUpkeep
from app.engine.world.world import World
from app.services.ledger.ledger import Ledger
from app.services.ledger.log_upkeep import LogUpkeep


class Upkeep:
    """Search index, expired history, free space, hash chain and erasures, each in short steps."""

    def __init__(
        self, world: World, ledger: Ledger, handler: CommandHandler, clock: Clock, queue: SubmissionQueue
    ) -> None:
        self._world = world
        self._queue = queue
        log = LogUpkeep(ledger, clock)
        self._index = IndexUpkeep(log, clock)
        self._retention = RetentionUpkeep(world, log, handler, clock)
        self._space = SpaceUpkeep(log, clock)
        self._chain = ChainUpkeep(log, clock)
        self._erasure = ErasureUpkeep(world, log, clock, self._has_waiting)

    @property
    def is_removing(self) -> bool:
        """Whether expired history is being removed."""
        return self._retention.is_running

    def run(self, is_idle: bool, now: float) -> None:
        """Do what is due. `is_idle` says that no units arrived; `now` is in monotonic seconds.

        One of the nodes is enough for what changes the database; all learn when an erasure ends.
        """
        if self._world.is_leader:
            self._run_shared(is_idle, now)
        if self._world.is_erasing:
            self._erasure.run(is_idle, now)

    def _run_shared(self, is_idle: bool, now: float) -> None:
        self._index.extend(self._has_waiting())
        record = self._retention.run(is_idle, now)
        if not self._retention.is_running:
            self._reclaim(record is not None, is_idle, now)
        if record is not None:
            self._queue.put(record)
        self._chain.run(self._has_none_waiting)

    def _reclaim(self, has_removed: bool, is_idle: bool, now: float) -> None:
        """Purge the index of removed texts, and return their space.

        That follows a pass of removals and is not done during it, because every further removal
        would begin the work again.
        """
        if self._index.merge(is_idle, now) or has_removed:
            self._space.request()
        self._space.run(now)

    def _has_waiting(self) -> bool:
        return bool(self._queue)

    def _has_none_waiting(self) -> bool:
        return not self._queue
