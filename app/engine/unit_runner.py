"""Runs the steps of units."""

import logging
from collections.abc import Sequence

from app.clock import Clock
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.handler import CommandHandler
from app.engine.submission_unit import SlowWork, Step, SubmissionUnit

MAX_BATCH_SECONDS = 0.25  # for running units; after it, the others wait for the next batch

logger = logging.getLogger(__name__)


class UnitRunner:
    """Runs units within the time of a batch. A step that fails costs its client the connection."""

    def __init__(self, handler: CommandHandler, clock: Clock) -> None:
        self._handler = handler
        self._clock = clock

    def run(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> int:
        """Run units, at least one, until the time is over; return the number of those run.

        Units are not divided, so a client's replies stay in order.
        """
        end = self._clock.monotonic() + MAX_BATCH_SECONDS
        for number, unit in enumerate(units, 1):
            self._run_unit(changeset, unit)
            if self._clock.monotonic() >= end:
                return number
        return len(units)

    def _run_unit(self, changeset: Changeset, unit: SubmissionUnit) -> None:
        """Run the steps of a unit, up to and including the first that needs slow work."""
        steps, unit.steps = unit.steps, []
        for number, step in enumerate(steps, 1):
            unit.slow_work = self._run_step(changeset, unit.client, step)
            if unit.slow_work is not None:
                unit.steps = steps[number:]
                return

    def refuse(self, changeset: Changeset, unit: SubmissionUnit) -> bool:
        """Run a unit that cannot write now, up to a step that must wait; return if it is done."""
        while unit.steps and unit.slow_work is None and not unit.steps[0].must_wait(unit.client):
            unit.slow_work = self._run_step(changeset, unit.client, unit.steps.pop(0))
        return not unit.steps or unit.slow_work is not None

    def _run_step(self, changeset: Changeset, client: Client, step: Step) -> SlowWork | None:
        try:
            return self._handler.run(changeset, client, step)
        except Exception:
            logger.exception("A command failed; its client is disconnected.")
            changeset.close(
                client, "ERROR :Internal server error; your last command failed, and the server has logged it"
            )
            return None
