"""What can happen in a simulation. If a step is impossible at that moment, nothing happens."""

from dataclasses import dataclass

from tests.engine.simulation.faults import Fault, PlannedFault
from tests.engine.simulation.simulation import Simulation


@dataclass(frozen=True, slots=True)
class Connect:
    """A user connects to a node, as a guest or with an account."""

    node: str
    nick: str
    account: str | None = None

    def run(self, simulation: Simulation) -> None:
        """Open the connection."""
        if node := simulation.find_node(self.node):
            node.connect(self.nick, self.account)


@dataclass(frozen=True, slots=True)
class Send:
    """A client of a node sends a line, in which `%` stands for a new number."""

    node: str
    client: int
    line: str

    def run(self, simulation: Simulation) -> None:
        """Send the line."""
        if (node := simulation.find_node(self.node)) and node.clients:
            node.clients[self.client % len(node.clients)].send(simulation.expand(self.line))


@dataclass(frozen=True, slots=True)
class HangUp:
    """A client of a node closes its connection."""

    node: str
    client: int

    def run(self, simulation: Simulation) -> None:
        """Close the connection."""
        if (node := simulation.find_node(self.node)) and node.clients:
            node.clients[self.client % len(node.clients)].hang_up()


@dataclass(frozen=True, slots=True)
class Cycle:
    """The engine of a node runs a cycle."""

    node: str

    def run(self, simulation: Simulation) -> None:
        """Run the cycle."""
        if node := simulation.find_node(self.node):
            simulation.cycle(node)


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes."""

    milliseconds: int

    def run(self, simulation: Simulation) -> None:
        """Let the time pass."""
        simulation.time.elapsed += self.milliseconds


@dataclass(frozen=True, slots=True)
class Fail:
    """An operation of a node on the database, or a commit, goes wrong after a number of others."""

    node: str
    fault: Fault
    after: int
    only_commits: bool = False

    def run(self, simulation: Simulation) -> None:
        """Plan the fault."""
        if node := simulation.find_node(self.node):
            node.faults.plan(PlannedFault(self.fault, self.after, self.only_commits))


@dataclass(frozen=True, slots=True)
class CutOff:
    """A node loses the database until it is restored."""

    node: str

    def run(self, simulation: Simulation) -> None:
        """Cut the node off."""
        if node := simulation.find_node(self.node):
            node.faults.is_down = True


@dataclass(frozen=True, slots=True)
class Restore:
    """The database of a node works again."""

    node: str

    def run(self, simulation: Simulation) -> None:
        """Restore the database."""
        if node := simulation.find_node(self.node):
            node.faults.clear()


@dataclass(frozen=True, slots=True)
class Notify:
    """A notification that is on its way to a node arrives, possibly before earlier ones."""

    node: str
    index: int

    def run(self, simulation: Simulation) -> None:
        """Deliver the notification."""
        if (node := simulation.find_node(self.node)) and node.announced:
            node.announce(self.index % len(node.announced))


@dataclass(frozen=True, slots=True)
class Drop:
    """All notifications that are on their way to a node are lost."""

    node: str

    def run(self, simulation: Simulation) -> None:
        """Drop the notifications."""
        if node := simulation.find_node(self.node):
            node.announced.clear()


@dataclass(frozen=True, slots=True)
class Pause:
    """A node is stopped; its time goes on."""

    node: str

    def run(self, simulation: Simulation) -> None:
        """Stop the node."""
        if node := simulation.find_node(self.node):
            node.is_paused = True


@dataclass(frozen=True, slots=True)
class Resume:
    """A node that was stopped goes on."""

    node: str

    def run(self, simulation: Simulation) -> None:
        """Let the node go on."""
        if node := simulation.find_node(self.node):
            node.is_paused = False


@dataclass(frozen=True, slots=True)
class Kill:
    """A node is killed."""

    node: str

    def run(self, simulation: Simulation) -> None:
        """Kill the node."""
        simulation.kill(self.node)


@dataclass(frozen=True, slots=True)
class Start:
    """A node is started again."""

    node: str

    def run(self, simulation: Simulation) -> None:
        """Start the node."""
        simulation.start(self.node)
