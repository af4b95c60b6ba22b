"""The engine: one thread that runs all commands in order, and delivers only what is committed.

A cycle takes all waiting units. Units that only read are answered at once. For units that write,
the cycle opens the log, applies the events that other programs appended, runs the steps in order,
commits the resulting events, and only then delivers them. While one batch commits, units for the
next one queue up; on PostgreSQL, they may be decided ahead. A batch also ends after a fixed time;
its remaining units come first in the next.

`unit_scheduler` decides when a unit runs, `unit_runner` runs it, and `committer` commits and
delivers what it decided, also after an outage of the database.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Thread

from app.clock import Clock
from app.engine.delivery.hub import Hub
from app.engine.delivery.sink import FlushScheduler
from app.engine.handler import CommandHandler
from app.engine.monitoring.engine_status import EngineStatus
from app.engine.nodes.notification_inbox import NotificationInbox
from app.engine.storing.committer import Committer
from app.engine.submission_queue import SubmissionQueue
from app.engine.submission_unit import SubmissionUnit
from app.engine.unit_scheduler import UnitScheduler
from app.engine.world.world import World
from app.errors import NodeLost
from app.services.ledger.ledger import Ledger
from app.threads import name_thread

logger = logging.getLogger(__name__)


def _do_nothing() -> None:
    """Placeholder until the engine starts."""


class Engine:
    """Runs cycles on its own thread; tests call `cycle` instead."""

    def __init__(self, world: World, ledger: Ledger, hub: Hub, handler: CommandHandler, clock: Clock) -> None:
        self.world = world
        self._waiting = SubmissionQueue()
        self._committer = Committer(world, ledger, hub, handler, clock, self._waiting)
        self.notifications = NotificationInbox(self._waiting)
        self._scheduler = UnitScheduler(
            world, ledger, handler, clock, self._committer, self._waiting, self.notifications
        )
        self.meter = self._committer.meter
        self.activity = self._committer.activity
        self.has_failed = False  # an unexpected exception ended the thread
        self.loss: NodeLost | None = None  # why the thread ended, if this server may not go on
        self.units_per_cycle = 0  # in the last cycle: a measure of concurrency
        self._has_ended = False
        self._on_end: Callable[[], None] = _do_nothing
        self._thread = Thread(target=self._run, name="engine", daemon=True)

    def start(self, flushers: FlushScheduler, on_end: Callable[[], None]) -> None:
        """Start the thread; wake `flushers` after each delivery, and call `on_end` at exit."""
        self._committer.release_queue.flush = flushers.wake
        self._on_end = on_end
        self._thread.start()

    @property
    def waiting(self) -> int:
        """The number of units that are queued, deferred or held."""
        return len(self._waiting) + self._scheduler.waiting

    @property
    def deliveries(self) -> int:
        """The number of events delivered to connections since the start."""
        return self._committer.release_queue.deliveries

    @property
    def is_drained(self) -> bool:
        """Whether this server was drained and has no more connections, so that it stops."""
        return self._scheduler.is_drained

    def status(self) -> EngineStatus:
        """Return the state of the engine for monitoring; callable from any thread."""
        return self._scheduler.status()

    def submit(self, unit: SubmissionUnit) -> None:
        """Queue a unit; thread-safe. After the engine has ended, the unit is released at once."""
        self._waiting.put(unit)
        if self._has_ended:
            self._release_waiting()

    def _release_waiting(self) -> None:
        """Release all units without running them, so that their readers can finish."""
        for unit in (*self._scheduler.take_units(), *self._waiting.drain()):
            with suppress(RuntimeError):  # it was completed before the failure
                unit.mark_done()

    def stop(self, timeout: float) -> bool:
        """Finish the waiting units, disconnect all users and exit.

        Return whether the thread exited within `timeout` seconds.
        """
        self._waiting.end()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def cycle(self, units: Iterable[SubmissionUnit]) -> None:
        """Process deferred, new and held units, as far as the database and the time allow."""
        self._scheduler.cycle(units)

    def abandon(self, loss: NodeLost) -> None:
        """Disconnect all users without storing anything, because this server may not go on."""
        self.loss = loss
        logger.critical("%s", loss)
        self._committer.disconnect_all(loss.sentence)

    def _run(self) -> None:
        name_thread("engine")
        try:
            self._run_cycles()
            self._committer.shut_down()
        except NodeLost as error:
            self.abandon(error)
        except Exception:
            self.has_failed = True
            logger.exception("The engine failed; shutting down")
        finally:
            self._has_ended = True
            self._release_waiting()
            self._on_end()

    def _run_cycles(self) -> None:
        """Run cycles until `stop` is called or the server is drained, and no units are left."""
        is_running = True
        while is_running and not self._scheduler.is_drained:
            units, is_running = self._waiting.gather(self._scheduler.gather_seconds)
            self.units_per_cycle = len(units)
            self._scheduler.cycle(units)
        self._scheduler.finish()
