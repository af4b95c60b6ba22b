"""What can happen in a simulation. If a step is impossible at that moment, nothing happens."""

from dataclasses import dataclass

from tests.engine.simulation.database.faults import Fault, PlannedFault
from tests.engine.simulation.simulation import Simulation

SHORT_STALL, LONG_STALL = 1_500, 6_000  # milliseconds: shorter and longer than a lease


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
class FillNode:
    """Guests connect to a node until it has some clients, each with something to say."""

    node: str
    size: int

    def run(self, simulation: Simulation) -> None:
        """Open the connections, and send a message on each; the last ones are not decided yet."""
        if node := simulation.find_node(self.node):
            for _ in range(self.size - sum(client.is_open for client in node.clients)):
                node.connect(simulation.expand("guest%"), None)
                node.clients[-1].send("JOIN #tea,#wine")
            simulation.cycle(node)
            for client in node.clients:
                client.send(simulation.expand("PRIVMSG #tea :%"))


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
    """The engine of a node runs cycles until what it decides is stored, if that is possible."""

    node: str

    def run(self, simulation: Simulation) -> None:
        """Run the cycle."""
        if node := simulation.find_node(self.node):
            simulation.cycle(node)


@dataclass(frozen=True, slots=True)
class CycleAhead:
    """The engine of a node runs a cycle; a commit that it sends is not awaited."""

    node: str

    def run(self, simulation: Simulation) -> None:
        """Run the cycle."""
        if node := simulation.find_node(self.node):
            simulation.cycle(node, awaits_commit=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a commit of a node comes; its engine notices it in the next cycle."""

    node: str

    def run(self, simulation: Simulation) -> None:
        """Let the answer come, if one is awaited."""
        if (node := simulation.find_node(self.node)) and node.may_act:
            simulation.answer(node)


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
    stall: int = SHORT_STALL  # in milliseconds

    def run(self, simulation: Simulation) -> None:
        """Plan the fault."""
        if node := simulation.find_node(self.node):
            node.faults.plan(PlannedFault(self.fault, self.after, self.only_commits, self.stall))


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
            node.hear(self.index % len(node.announced))


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


@dataclass(frozen=True, slots=True)
class FailingStart:
    """A node is started, and an operation on the database goes wrong after a number of others."""

    node: str
    fault: Fault
    after: int

    def run(self, simulation: Simulation) -> None:
        """Start the node."""
        simulation.start(self.node, PlannedFault(self.fault, self.after, False, SHORT_STALL))


@dataclass(frozen=True, slots=True)
class DecideCommit:
    """A commit that was sent takes effect, or is refused."""

    is_committed: bool

    def run(self, simulation: Simulation) -> None:
        """Decide about the commit, if there is one."""
        simulation.decide_commit(self.is_committed)


@dataclass(frozen=True, slots=True)
class FailOver:
    """A standby, whose clock may differ, replaces the database. It may lack the last commits."""

    lost: int
    skew: int

    def run(self, simulation: Simulation) -> None:
        """Replace the database."""
        simulation.fail_over(self.lost, self.skew)


@dataclass(frozen=True, slots=True)
class SetClock:
    """The clock of a node is set."""

    node: str
    skew: int

    def run(self, simulation: Simulation) -> None:
        """Set the clock."""
        if node := simulation.find_node(self.node):
            node.clock.skew = self.skew


@dataclass(frozen=True, slots=True)
class KillUser:
    """An administrator disconnects a user with `chat-admin`."""

    name: str

    def run(self, simulation: Simulation) -> None:
        """Disconnect the user."""
        simulation.kill_user(self.name)
