"""Disconnects idle clients, and those of a draining server, at regular intervals."""

from app.clock import Clock, Timer
from app.engine.changeset import Changeset
from app.engine.handler import CommandHandler
from app.engine.storing.release_queue import ReleaseQueue
from app.engine.world.world import World

DRAIN_SECONDS = 1.0  # interval at which some connections of a draining server are closed
IDLE_CHECK_SECONDS = 5.0  # interval of the check for idle connections


class ConnectionUpkeep:
    """Time-driven work on connections. Belongs to the engine's thread."""

    def __init__(
        self, world: World, handler: CommandHandler, clock: Clock, release_queue: ReleaseQueue
    ) -> None:
        self._world = world
        self._handler = handler
        self._release_queue = release_queue
        self._idle_check = Timer(clock, IDLE_CHECK_SECONDS)
        self._drain = Timer(clock, DRAIN_SECONDS)
        self.is_drained = False  # this server was drained and has no more connections

    def run(self, now: float) -> None:
        """Do what is due at `now`, in monotonic seconds."""
        if self._idle_check.due_at <= now:
            self._idle_check.restart()
            self._check_idle()
        if self._world.is_draining and self._drain.restart_if_due():
            self._close_some_connections()

    def _check_idle(self) -> None:
        changeset = Changeset(self._world, writable=False)
        self._handler.check_idle(changeset)
        self._release_queue.deliver_independent(changeset, [])

    def _close_some_connections(self) -> None:
        changeset = Changeset(self._world, writable=False)
        self.is_drained = self._handler.drain(changeset)
        self._release_queue.deliver_independent(changeset, [])
