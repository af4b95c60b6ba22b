"""Several nodes on one log, in one process and one thread, and what can happen to them.

A history is a list of steps, so the same history always has the same outcome. After each cycle of a
node, what its clients have received is compared with the log.
"""

from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from app.db.notifications import Channel
from app.errors import NotFound, StorageError
from app.events import Event, Kind
from app.services.administration.admin_changes import apply_admin_change
from app.services.administration.moderation import kill_user
from tests.engine.simulation.client import SimulatedClient
from tests.engine.simulation.clocks import SimulatedTime, SkewedClock
from tests.engine.simulation.database.databases import ACCOUNTS, NODES, Databases
from tests.engine.simulation.database.faults import FaultInjector, PlannedFault
from tests.engine.simulation.node import SimulatedNode
from tests.engine.simulation.observation import (
    Observation,
    require_no_events,
    require_nothing_stored,
    require_reason,
)
from tests.engine.simulation.outcome import check_outcome
from tests.engine.simulation.reference import Reference

ROUND_MS = 750  # of the others while an operation stalls
MAX_SETTLE_ROUNDS = 12  # of 1.1 s


class Step(Protocol):
    """Something that happens in a simulation."""

    def run(self, simulation: "Simulation") -> None:
        """Let it happen."""


class Simulation:
    """The nodes, their clients, and the log that they share."""

    def __init__(self, databases: Databases) -> None:
        databases.reset()
        self.databases = databases
        self.storage = databases.storage
        self.storage.hear = self._announce
        self._numbers = count(1)
        self.time = SimulatedTime()
        self.nodes: dict[str, SimulatedNode] = {}
        self.reference = Reference(len(ACCOUNTS))
        self.events: list[Event] = []  # of the log, after the accounts
        self._started_at: dict[SimulatedNode, int] = {}
        self._writer: SimulatedNode | None = None
        self._failure: AssertionError | None = None  # of a check while an operation stalled

    def close(self) -> None:
        """Close all connections to the database."""
        for node in self.nodes.values():
            node.end()
        self.databases.reset()

    def run(self, steps: Iterable[Step]) -> None:
        """Run a history, and check each step of it."""
        for step in steps:
            step.run(self)
            self._require_no_failure()

    def _require_no_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def find_node(self, name: str) -> SimulatedNode | None:
        """Return a node that runs, even if it is paused, or None."""
        return self.nodes.get(name)

    def start(self, name: str, fault: PlannedFault | None = None) -> None:
        """Start a node, unless it runs; if the database fails, it does not start."""
        if name in self.nodes or self.storage.lock_holder is not None:  # it would wait for the log
            return
        faults = FaultInjector(self._let_others_act)
        if fault is not None:
            faults.plan(fault)
        database = self.databases.of_node[name]
        try:
            node = SimulatedNode(name, database, self.time, NODES[name], faults)
        except (StorageError, SQLAlchemyError):
            assert faults.happened, "a node does not start"
            self._read_log(None)
            return
        faults.clear()
        self.nodes[name] = node
        self._read_log(node)
        assert node in self._started_at, f"the start of {name} is not in the log"

    def kill(self, name: str) -> None:
        """End a node as on SIGKILL."""
        node = self.nodes.pop(name, None)
        if node is not None:
            node.end()

    def cycle(self, node: SimulatedNode, awaits_commit: bool = True) -> None:
        """Run a cycle of a node, if it can, and check what its clients receive."""
        if not node.may_act:
            return
        was_removed, first = self._is_removed(node), node.position
        may_deliver = not was_removed or node.is_stuck  # a batch that was stored before the removal
        were_open = [client for client in node.clients if client.is_open]
        previous, self._writer = self._writer, node
        self._note_newcomers(node)
        received = node.cycle(awaits_commit)
        self._read_log(node)
        self._note_admitted(node)
        self._writer = previous
        observation = Observation(self.reference, first, node.position)
        for client, lines in received:
            if node.has_shown_lost:
                require_no_events(lines)
            elif may_deliver:
                observation.check(client, lines)
            else:
                require_nothing_stored(lines)
        if node.has_ended:
            self.kill(node.name)
        if node.loss is not None:
            assert not any(client.is_blocked for client in node.clients), "a reader is not released"
            for client in were_open:
                require_reason(client, node.loss.sentence)

    def _let_others_act(self, milliseconds: int) -> None:
        """Let the others go on for a while, as an operation of a node stalls."""
        stalled = self._writer
        self._read_log(stalled)
        for _ in range(milliseconds // ROUND_MS):
            self.time.elapsed += ROUND_MS
            for node in list(self.nodes.values()):
                self._cycle_within(node)
        self._writer = stalled

    def _cycle_within(self, node: SimulatedNode) -> None:
        """Run a cycle within one of another node, whose engine must not handle a failed check."""
        try:
            self.cycle(node)
        except AssertionError as error:
            self._failure = self._failure or error

    def _read_log(self, writer: SimulatedNode | None) -> None:
        """Read what a node, or another program, has appended; check that it was allowed to."""
        for event in self.databases.read_after(self.reference.position):
            if writer is not None:
                assert not self._is_removed(writer), f"{event} by a node that has been removed"
                assert not writer.has_shown_lost, f"{event} by a node that has shown events that are lost"
            self.events.append(event)
            self.reference.apply(event)
            if event.kind is Kind.NODE_STARTED and writer is not None and event.target == writer.name:
                self._started_at[writer] = event.id

    def _announce(self, channel: Channel, payload: str) -> None:
        for node in self.nodes.values():
            node.announced.append((channel, payload))

    def _is_removed(self, node: SimulatedNode) -> bool:
        """Whether the log says that a node has ended, or that another run has replaced it."""
        started = self._started_at.get(node)
        return started is not None and self.reference.live_nodes.get(node.name, 0) != started

    def expand(self, line: str) -> str:
        """Return a line with a number in place of `%`, so that no two messages are equal."""
        return line.replace("%", str(next(self._numbers)))

    def _note_newcomers(self, node: SimulatedNode) -> None:
        """Note what the sessions were told before new devices are admitted to them."""
        newcomers = [client for client in node.clients if client.session is None]
        if newcomers:
            lengths = {key: len(expected) for key, expected in self.reference.expected.items()}
            for client in newcomers:
                client.told_before = lengths

    def _note_admitted(self, node: SimulatedNode) -> None:
        """Note what the sessions had been told when the admission of new devices was stored."""
        if not node.is_stuck:
            for client in node.clients:
                if client.session is not None and client.told_after is None:
                    client.told_after = len(self.reference.expected[client.session])
                    self._note_first_device(node, client)

    def _note_first_device(self, node: SimulatedNode, client: SimulatedClient) -> None:
        others = [other for other in node.clients if other.session == client.session]
        client.is_first_device = others[0] is client and client.session not in client.told_before

    def answer(self, node: SimulatedNode) -> None:
        """Let the answer to a commit of a node come, if one is awaited."""
        previous, self._writer = self._writer, node
        node.is_cycling = True
        node.answer_commit()
        node.is_cycling = False
        self._read_log(node)
        self._writer = previous

    def decide_commit(self, is_committed: bool) -> None:
        """Let a commit that was sent, if any, take effect, or be refused."""
        self.storage.decide(is_committed)
        self._read_log(None)

    def fail_over(self, lost: int, skew: int) -> None:
        """Replace the database by one that lacks the last commits, and has another clock."""
        self.storage.fail_over(lost)
        self.databases.of_observer.close()
        self.time.database_skew = skew
        end = self.storage.read_last_id()
        if end < self.reference.position:
            self._forget_after(end)
        for node in self.nodes.values():
            node.announced.clear()

    def _forget_after(self, end: int) -> None:
        """Forget the events that a failover has lost."""
        self.reference = Reference(len(ACCOUNTS))
        self.events = [event for event in self.events if event.id <= end]
        for event in self.events:
            self.reference.apply(event)
        for node in self.nodes.values():
            if node.position > end:
                node.has_shown_lost = True
            elif not node.has_shown_lost:
                self._check_kept(node.clients)

    def _check_kept(self, clients: Iterable[SimulatedClient]) -> None:
        """Check that nobody was shown a lost event by a node that has not read it."""
        for client in clients:
            expected = self.reference.expected[client.session or 0]
            assert client.has_seen_only(expected), f"{client.nick} has seen events that are lost"

    def kill_user(self, name: str) -> None:
        """Disconnect a user with `chat-admin`."""
        if self.storage.lock_holder is None:
            clock = SkewedClock(self.time, 0)
            with suppress(NotFound):
                apply_admin_change(
                    self.databases.of_observer,
                    clock,
                    "admin:me",
                    "me",
                    lambda admin: kill_user(admin, name, "x"),
                )
            self._read_log(None)
            self._announce(Channel.LOG, str(self.reference.position))

    def settle(self) -> None:
        """Let everything work again until all have read the log, and compare the nodes."""
        self.decide_commit(is_committed=True)
        for node in self.nodes.values():
            node.faults.clear()
            node.is_paused = False
        for _ in range(MAX_SETTLE_ROUNDS):
            self.time.elapsed += 1_100
            for node in list(self.nodes.values()):
                self.cycle(node)
            if self._is_settled():
                break
        self._require_no_failure()
        restored = self.databases.restore(self.time)
        check_outcome(self.nodes, self.reference, restored)

    def _is_settled(self) -> bool:
        """Whether all nodes have read the log, nobody waits for a node, and no dead one is left."""
        have_read = all(node.position == self.reference.position for node in self.nodes.values())
        are_idle = all(node.is_idle for node in self.nodes.values())
        return have_read and are_idle and self.reference.live_nodes.keys() == self.nodes.keys()


def check(databases: Databases, history: Iterable[Step]) -> None:
    """Run a history to its end. Raises: AssertionError, followed by the log."""
    simulation = Simulation(databases)
    try:
        simulation.run(history)
        simulation.settle()
    except AssertionError as error:
        error.add_note("\n".join(map(str, simulation.events)))
        raise
    finally:
        simulation.close()
