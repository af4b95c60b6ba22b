"""Upkeep of the database, by the engine, after all work that clients wait for."""

from app.clock import Clock
from app.engine.handler import CommandHandler
from app.engine.submission_unit import SubmissionUnit
from app.engine.upkeep.index import IndexUpkeep
from app.engine.upkeep.retention import RetentionUpkeep
from app.engine.upkeep.space import SpaceUpkeep
from app.engine.world.world import World
from app.services.ledger import Ledger


class Upkeep:
    """Extends and merges the search index, removes expired history and returns its space."""

    def __init__(self, world: World, ledger: Ledger, handler: CommandHandler, clock: Clock) -> None:
        self._index = IndexUpkeep(ledger, clock)
        self._retention = RetentionUpkeep(world, ledger, handler, clock)
        self._space = SpaceUpkeep(ledger, clock)

    @property
    def is_removing(self) -> bool:
        """Whether expired history is being removed."""
        return self._retention.is_running

    def run(self, is_idle: bool, is_busy: bool, now: float) -> SubmissionUnit | None:
        """Do what is due, and return a unit to submit, if any.

        `is_idle` says that no units have arrived, `is_busy` that some wait already; `now` is in
        monotonic seconds. The index is purged of removed texts after a pass and not
        during it, because every further removal would begin the work again.
        """
        self._index.extend(is_busy)
        record = self._retention.run(is_idle, now)
        if self._retention.is_running:
            return None
        if self._index.merge(is_busy, now) or record is not None:
            self._space.request()
        self._space.run(now)
        return record
