"""A node of the simulation: the real engine, driven cycle by cycle."""

from collections import deque
from collections.abc import Callable

from app.bootstrap.assembly import Core, assemble
from app.engine.world.world import World
from app.errors import NodeLost
from app.services.nodes.membership import Membership, NodeProfile
from app.settings import ServerSettings
from app.wire.line import Line
from tests.engine.simulation.client import SimulatedClient
from tests.engine.simulation.clocks import SimulatedTime, SkewedClock
from tests.engine.simulation.faults import FaultInjector
from tests.engine.simulation.shared_database import SharedDatabase

LEASE_SECONDS = 4


class SimulatedNode:
    """One run of a server: a node that is started again is another one."""

    def __init__(
        self,
        name: str,
        database: SharedDatabase,
        time: SimulatedTime,
        skew: int,
        let_others_act: Callable[[], None],
    ) -> None:
        self.name = name
        self.faults = FaultInjector(let_others_act)
        self.clients: list[SimulatedClient] = []
        self.announced: deque[int] = deque()  # notifications on their way to this node
        self.is_paused = False
        self.is_cycling = False
        self.has_ended = False  # it was killed or removed
        self._database = database
        self._database.dialect.injector = self.faults
        self._clock = SkewedClock(time, skew)
        self._settings = ServerSettings.model_validate(
            {
                "servername": "irc.example",
                "auto_join": [],
                "flood_rate": 0,
                "replay": 0,
                "node": name,
                "always_on": "opt-out",
            }
        )
        self.core = self._start(time)

    def _start(self, time: SimulatedTime) -> Core:
        """Start. Raises: StorageError, also if the place was taken."""
        profile = NodeProfile(self.name, "1", {}, LEASE_SECONDS)
        membership = Membership(profile, self._clock, lambda connection: time.now)
        try:
            return assemble(self._settings, self._database, self._clock, membership=membership)
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
        """Whether a batch waits for its commit, so the world is ahead of the log."""
        return self.core.engine._committer.output.is_stuck

    @property
    def is_idle(self) -> bool:
        """Whether no client waits for this node."""
        return not any(client.is_waiting for client in self.clients)

    def connect(self, nick: str, account: str | None) -> None:
        """Open a connection, which is logged in to an account."""
        self.clients.append(SimulatedClient(self.core.runtime, self._database, nick, account))

    def announce(self, index: int) -> None:
        """Deliver one of the notifications."""
        position = self.announced[index]
        del self.announced[index]
        self.core.engine.notifications.announce(position)

    def cycle(self) -> list[list[Line]]:
        """Run a cycle of the engine; return what each client received."""
        engine = self.core.engine
        units = [unit for client in self.clients if (unit := client.submit()) is not None]
        self.is_cycling = True
        try:
            engine.cycle([*engine._waiting.drain(), *units])
        except NodeLost as loss:
            engine.abandon(loss)
            self.end()
        finally:
            self.is_cycling = False
        return [client.receive() for client in self.clients]

    def end(self) -> None:
        """End the process, as on SIGKILL: only what is stored is left."""
        if not self.has_ended:
            self.has_ended = True
            self.core.runtime.ledger.close()
            self._database.close()
