"""Units that wait until the log can be opened, and are refused if that takes too long."""

from collections.abc import Callable, Sequence

from app.engine.changeset import Changeset
from app.engine.storing.outage import Outage, RefusalScope
from app.engine.storing.release_queue import ReleaseQueue
from app.engine.submission_unit import SubmissionUnit
from app.engine.unit_runner import UnitRunner
from app.engine.world.world import World


class HeldUnits:
    """The held units in the order of their arrival. Belongs to the engine's thread."""

    def __init__(
        self,
        world: World,
        runner: UnitRunner,
        outage: Outage,
        release_queue: ReleaseQueue,
        is_world_current: Callable[[], bool],
    ) -> None:
        self._world = world
        self._is_world_current = is_world_current
        self._runner = runner
        self._outage = outage
        self._release_queue = release_queue
        self._units: list[SubmissionUnit] = []

    def __len__(self) -> int:
        return len(self._units)

    def add(self, units: Sequence[SubmissionUnit]) -> None:
        """Hold units."""
        self._units += units

    def take(self) -> list[SubmissionUnit]:
        """Remove and return all units."""
        units, self._units = self._units, []
        return units

    def refuse_expired(self, newcomers: Sequence[SubmissionUnit]) -> None:
        """Refuse units after the grace period of an outage; `newcomers` arrived in this cycle."""
        refused = self._outage.refused
        if refused is RefusalScope.ALL:
            self._refuse(self._units)
        elif refused is RefusalScope.NEWCOMERS:
            held = set(self._units)
            self._refuse([unit for unit in newcomers if unit in held])

    def _refuse(self, units: Sequence[SubmissionUnit]) -> None:
        """Refuse units with an error; those that cannot be refused stay held."""
        refused = set(units)
        self._units = [unit for unit in self._units if unit not in refused]
        for unit in units:
            changeset = Changeset(self._world, writable=False, may_show_world=self._is_world_current())
            is_done = self._runner.refuse(changeset, unit)
            self._release_queue.deliver(changeset, [unit] if is_done else [])
            if not is_done:
                self._units.append(unit)
