"""Several nodes on one log, in one process and one thread, and what can happen to them.

A history is a list of steps, so the same history always has the same outcome. After each step, what
every client has received is compared with the log.
"""

from collections.abc import Iterable
from itertools import count
from typing import Protocol

from app.engine.world.world import World
from app.events import Kind
from app.wire.line import Line
from tests.engine.invariants import check_world
from tests.engine.simulation.client import SimulatedClient
from tests.engine.simulation.clocks import START, SimulatedTime
from tests.engine.simulation.databases import ACCOUNTS, NODES, Databases
from tests.engine.simulation.node import SimulatedNode
from tests.engine.simulation.reference import Reference
from tests.engine.world_state import describe_world

STALL_MS = 1_500
DAY_SECONDS = 86_400
MAX_SETTLE_ROUNDS = 10  # of 1.1 s
ALLOWED_WHEN_FENCED = {"ERROR", "PONG"}


class Step(Protocol):
    """Something that happens in a simulation."""

    def run(self, simulation: "Simulation") -> None:
        """Let it happen."""


class Simulation:
    """The nodes, their clients, and the log that they share."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        databases.reset()
        self._texts = count(1)
        self.time = SimulatedTime()
        self.nodes: dict[str, SimulatedNode] = {}
        self.ended: list[SimulatedNode] = []
        self.reference = Reference(len(ACCOUNTS))
        self._started_at: dict[SimulatedNode, int] = {}
        self._writer: SimulatedNode | None = None

    def close(self) -> None:
        """Close all connections to the database."""
        for node in self.nodes.values():
            node.end()
        self._databases.reset()

    def run(self, steps: Iterable[Step]) -> None:
        """Run a history, and check each step of it."""
        for step in steps:
            step.run(self)
            self.check()

    def find_node(self, name: str) -> SimulatedNode | None:
        """Return a node that runs, even if it is paused, or None."""
        return self.nodes.get(name)

    def start(self, name: str) -> None:
        """Start a node, unless it runs."""
        if name in self.nodes:
            return
        node = SimulatedNode(
            name, self._databases.of_node[name], self.time, NODES[name], self._let_others_act
        )
        self.nodes[name] = node
        self._read_log(node)

    def kill(self, name: str) -> None:
        """End a node as on SIGKILL."""
        node = self.nodes.pop(name, None)
        if node is not None:
            node.end()
            self.ended.append(node)

    def cycle(self, node: SimulatedNode) -> None:
        """Run a cycle of a node, if it can, and check that it does not act after its removal."""
        if not node.may_act:
            return
        is_fenced = self._is_fenced(node)
        previous, self._writer = self._writer, node
        self._note_newcomers(node)
        received = node.cycle()
        self._read_log(node)
        self._note_admitted(node)
        self._writer = previous
        if is_fenced:
            _require_nothing_shown(received)
        if node.has_ended:
            self.kill(node.name)

    def _let_others_act(self) -> None:
        """Let the others go on while an operation of a node stalls."""
        stalled = self._writer
        if stalled is not None:
            self._read_log(stalled)
        self.time.elapsed += STALL_MS
        for _ in range(2):
            for node in list(self.nodes.values()):
                self.cycle(node)
        self._writer = stalled

    def _read_log(self, writer: SimulatedNode) -> None:
        """Read what a node has appended, and check that it was allowed to."""
        events = self._databases.read_after(self.reference.position)
        for event in events:
            assert not self._is_fenced(writer), f"{event} by a node that has been removed"
            self.reference.apply(event)
            if event.kind is Kind.NODE_STARTED and event.target == writer.name:
                self._started_at[writer] = event.id
        if events:
            for node in self.nodes.values():
                if node is not writer:
                    node.announced.append(events[-1].id)

    def _is_fenced(self, node: SimulatedNode) -> bool:
        """Whether the log says that a node has ended, or that another run has replaced it."""
        started = self._started_at.get(node)
        return started is not None and self.reference.live_nodes.get(node.name, started) != started

    def expand(self, line: str) -> str:
        """Return a line with a number in place of `%`, so that no two messages are equal."""
        return line.replace("%", str(next(self._texts)))

    def check(self) -> None:
        """Check that what every client has received is the beginning of what the log tells it."""
        for node in (*self.nodes.values(), *self.ended):
            for client in node.clients:
                self._check_client(client)

    def _note_newcomers(self, node: SimulatedNode) -> None:
        """Note what the sessions were told before new devices are admitted to them."""
        lengths = {key: len(expected) for key, expected in self.reference.expected.items()}
        for client in node.clients:
            if client.session is None:
                client.told_before = lengths

    def _note_admitted(self, node: SimulatedNode) -> None:
        """Note what the sessions had been told when the admission of new devices was stored."""
        if not node.is_stuck:
            for client in node.clients:
                if client.session is not None and client.told_after is None:
                    client.told_after = len(self.reference.expected[client.session])

    def _check_client(self, client: SimulatedClient) -> None:
        expected = self.reference.expected[client.session or 0]
        for shown in client.take_shown():
            number = client.find_next(shown, expected)
            assert number < len(expected), f"{client.nick} received {shown}, which is not in the log"
            assert shown == expected[number], f"{client.nick} received {shown} instead of {expected[number]}"

    def settle(self) -> None:
        """Let everything work again until all have read the log, and compare the nodes."""
        for node in self.nodes.values():
            node.faults.clear()
            node.is_paused = False
        for _ in range(MAX_SETTLE_ROUNDS):
            self.time.elapsed += 1_100
            for node in list(self.nodes.values()):
                self.cycle(node)
            self.check()
            if self._is_settled():
                break
        self._check_end()

    def _is_settled(self) -> bool:
        """Whether all nodes have read the log, nobody waits for a node, and no dead one is left."""
        have_read = all(node.position == self.reference.position for node in self.nodes.values())
        are_idle = all(node.is_idle for node in self.nodes.values())
        return have_read and are_idle and self.reference.live_nodes.keys() == self.nodes.keys()

    def _check_end(self) -> None:
        for node in self.nodes.values():
            assert node.position == self.reference.position, f"{node.name} has not read the log"
            for client in node.clients:
                missing = client.find_missing(self.reference.expected[client.session or 0])
                assert not (client.is_open and missing), f"{client.nick} has not received {missing}"
        if self.nodes:
            self._check_ghosts()
            self._check_worlds()

    def _check_ghosts(self) -> None:
        """Check that sessions are exactly where they have open connections."""
        for name, node in self.nodes.items():
            listed = {key for key, stay in self.reference.sessions.items() if name in stay.nodes}
            open_ = {client.session for client in node.clients if client.is_open and client.session}
            assert listed == open_, f"sessions on {name}: {listed}, but connected are {open_}"
        gone = {name for stay in self.reference.sessions.values() for name in stay.nodes} - self.nodes.keys()
        assert not gone, f"there are sessions on {gone}"
        assert self.reference.live_nodes.keys() == self.nodes.keys()

    def _check_worlds(self) -> None:
        """Check that all nodes have the same world, which is also that of the tables."""
        restored = self._databases.restore(self.time)
        for node in self.nodes.values():
            check_world(node.world)
            assert _describe(node.world) == _describe(restored)


def _describe(world: World) -> object:
    """Return the state of a world. A commit that is retried moves the instants in the log."""
    return _without_instants(describe_world(world))


def _without_instants(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_instants(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_without_instants, value))
    is_instant = isinstance(value, int) and abs(value - START // 1000) < DAY_SECONDS
    return None if is_instant else value


def _require_nothing_shown(received: Iterable[Iterable[Line]]) -> None:
    shown = {line.command for lines in received for line in lines}
    assert shown <= ALLOWED_WHEN_FENCED, f"{shown} by a node that has been removed"


def check(databases: Databases, history: Iterable[Step]) -> None:
    """Run a history to its end. Raises: AssertionError, followed by the log."""
    simulation = Simulation(databases)
    try:
        simulation.run(history)
        simulation.settle()
    except AssertionError as error:
        error.add_note(simulation.dump())
        raise
    finally:
        simulation.close()
