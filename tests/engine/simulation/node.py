"""A node of the simulation: the real engine, driven cycle by cycle."""

from collections import deque
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from app.bootstrap.assembly import Core, assemble
from app.bootstrap.nodes import receive_notification
from app.db.notifications import Channel
from app.engine.submission_unit import SubmissionUnit
from app.engine.world.world import World
from app.errors import NodeLost
from app.services.nodes.membership import Membership, NodeProfile
from app.settings import ServerSettings
from app.wire.line import Line
from tests.engine.deferred_executor import DeferredExecutor
from tests.engine.simulation.client import SimulatedClient
from tests.engine.simulation.clocks import SimulatedTime, SkewedClock
from tests.engine.simulation.database.faults import FaultInjector
from tests.engine.simulation.database.shared_database import SharedDatabase
from tests.engine.simulation.database.storage import Notification

LEASE_SECONDS = 4
SETTINGS = {
    name: ServerSettings.model_validate(
        {
            "servername": "irc.example",
            "auto_join": [],
            "flood_rate": 0,
            "replay": 0,
            "node": name,
            "always_on": "opt-out",
        }
    )
    for name in ("a", "b", "c")
}


class SimulatedNode:
    """One run of a server: a node that is started again is another one."""

    def __init__(
        self, name: str, database: SharedDatabase, time: SimulatedTime, skew: int, faults: FaultInjector
    ) -> None:
        self.name = name
        self.faults = faults
        self.clients: list[SimulatedClient] = []
        self.announced: deque[Notification] = deque()  # on their way to this node
        self.is_paused = False
        self.is_cycling = False
        self.has_ended = False  # it was killed or lost
        self.loss: NodeLost | None = None  # why it ended by itself
        self.has_shown_lost = False  # a failover has lost events that it has read
        self.background = DeferredExecutor()
        self._database = database
        self._database.dialect.injector = faults
        self.clock = SkewedClock(time, skew)
        self.core = self._start(time)

    def _start(self, time: SimulatedTime) -> Core:
        """Start. Raises: StorageError or SQLAlchemyError."""
        profile = NodeProfile(self.name, "1", {}, LEASE_SECONDS)
        membership = Membership(profile, self.clock, lambda connection: time.database_now)
        try:
            return assemble(
                SETTINGS[self.name],
                self._database,
                self.clock,
                membership=membership,
                background=self.background,
            )
        except BaseException:
            self._database.close()
            raise

    @property
    def world(self) -> World:
        """The world of this node."""
        return self.core.runtime.world

    @property
    def position(self) -> int:
        """The position of the log up to which this node has read."""
        return self.core.runtime.ledger.last_id

    @property
    def may_act(self) -> bool:
        """Whether the node can run a cycle now."""
        return not (self.is_paused or self.is_cycling or self.has_ended)

    @property
    def is_stuck(self) -> bool:
        """Whether a batch is not stored yet, so that the world is ahead of the log."""
        return self.core.engine._committer.release_queue.first is not None

    @property
    def is_idle(self) -> bool:
        """Whether no client waits for this node."""
        return not any(client.is_waiting for client in self.clients)

    def connect(self, nick: str, account: str | None) -> None:
        """Open a connection, which is logged in to an account."""
        self.clients.append(SimulatedClient(self.core.runtime, self._database, nick, account))

    def hear(self, index: int) -> None:
        """Deliver a notification, and before one of typing all that were sent before it."""
        channel, payload = self.announced[index]
        while channel is Channel.TRANSIENT and index:
            receive_notification(self.core, *self.announced.popleft())
            index -= 1
        del self.announced[index]
        receive_notification(self.core, channel, payload)

    def cycle(self, awaits_commit: bool) -> list[tuple[SimulatedClient, list[Line]]]:
        """Run a cycle of the engine; return what each client received.

        To await commits takes further cycles. Otherwise, most units are left for the next one.
        """
        engine = self.core.engine
        units = [unit for client in self.clients if (unit := client.submit()) is not None]
        self.is_cycling = True
        try:
            if awaits_commit:
                self._cycle_until_stored(units)
            else:
                self._cycle_once(units)
        except NodeLost as loss:
            self.loss = loss
            engine.abandon(loss)
            engine._release_waiting()
            self.end()
        finally:
            self.is_cycling = False
        return [(client, client.receive()) for client in self.clients]

    def _cycle_until_stored(self, units: list[SubmissionUnit]) -> None:
        engine = self.core.engine
        self.answer_commit()
        engine.cycle([*engine._waiting.drain(), *units])
        while self.background.waiting:
            self.answer_commit()
            engine.cycle(engine._waiting.drain())

    def answer_commit(self) -> None:
        """Let the answer to a commit that was sent come, if one is awaited."""
        if self.background.waiting:
            self.background.run()

    def _cycle_once(self, units: list[SubmissionUnit]) -> None:
        engine = self.core.engine
        first, *others = [*engine._waiting.drain(), *units] or [None]
        for unit in others:
            engine.submit(unit)
        engine.cycle([] if first is None else [first])

    def end(self) -> None:
        """End the process, as on SIGKILL: only what is stored is left."""
        if not self.has_ended:
            self.has_ended = True
            with suppress(SQLAlchemyError):  # the connection may be lost
                self.core.runtime.ledger.close()
            self._database.close()
