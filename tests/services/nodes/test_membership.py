"""The lease of a node: other nodes remove one that does not renew it, and it may not write then."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from sqlalchemy import func, select, text

from app.db.database import Database
from app.db.notifications import Channel
from app.errors import DatabaseRefused, LeaseExpired, StorageError
from app.events import Event, Kind
from app.services.ledger.ledger import Ledger
from app.services.nodes.membership import Membership, NodeProfile
from app.services.nodes.nodes import list_nodes
from tests.conftest import MovedClock
from tests.waiting import eventually

LEASE_SECONDS = 10
LOCK_TIMEOUT_MS = 200


class Node:
    """A server as far as the log is concerned."""

    def __init__(self, name: str, database: Database, clock: MovedClock, **settings: object) -> None:
        self.ledger = Ledger(database, clock)
        self.ledger.start(lambda snapshot: None)
        profile = NodeProfile(name, "1.0", settings, LEASE_SECONDS)
        self.membership = Membership(profile, clock, lambda connection: clock.now())

    def join(self) -> None:
        """Join the nodes."""
        self.ledger.open()
        self.ledger.commit([self.ledger.join(self.membership)])

    def say(self, text: str) -> None:
        """Store a message."""
        self.ledger.open()
        self.ledger.commit([Event(Kind.PRIVMSG, nick="anna", target="bob", text=text)])

    def renew(self) -> list[str]:
        """Renew the lease, and return the nodes whose lease has expired."""
        self.ledger.renew_lease(self.membership)
        return list(self.membership.expired_nodes)

    def remove(self, name: str) -> list[str]:
        """Remove a node whose lease has expired; return those that are still expired."""
        self.ledger.open()
        expired = self.membership.expired_nodes
        self.ledger.commit(
            [Event(Kind.NODE_ENDED, nick=self.membership.name, target=name)] if expired else []
        )
        return list(expired)


class Nodes:
    """The nodes on one database."""

    def __init__(self, database: Database, clock: MovedClock, stack: ExitStack) -> None:
        self._database = database
        self._clock = clock
        self._stack = stack

    def start(self, name: str, **settings: object) -> Node:
        """Start a node."""
        database = self._stack.enter_context(closing(Database(self._database.url, LOCK_TIMEOUT_MS)))
        return self.start_on(database, name, **settings)

    def start_on(self, database: Database, name: str, **settings: object) -> Node:
        """Start a node with connections of its own."""
        node = Node(name, database, self._clock, **settings)
        self._stack.callback(node.ledger.close)
        try:
            node.join()
        except DatabaseRefused:
            node.ledger.close()
            raise
        return node

    @property
    def names(self) -> list[str]:
        """The names of the nodes in the table."""
        with self._database.engine.connect() as connection:
            return [node.name for node in list_nodes(connection)]


@pytest.fixture
def nodes(database: Database, clock: MovedClock) -> Iterator[Nodes]:
    """No nodes yet."""
    with ExitStack() as stack:
        yield Nodes(database, clock, stack)


def test_lease_is_due_well_before_it_may_be_expired(nodes: Nodes, clock: MovedClock) -> None:
    node = nodes.start("a").membership
    assert not node.is_due
    clock.instant += LEASE_SECONDS * 1000 // 4
    assert node.is_due
    assert not node.may_be_expired
    clock.instant += LEASE_SECONDS * 1000
    assert node.may_be_expired


@pytest.mark.parametrize("stopped", ["suspended_seconds", "paused_seconds"])
def test_lease_runs_out_while_the_machine_stands_still(nodes: Nodes, clock: MovedClock, stopped: str) -> None:
    node, before = nodes.start("a").membership, clock.monotonic()
    clock.instant += LEASE_SECONDS * 1000
    setattr(clock, stopped, LEASE_SECONDS)
    assert clock.monotonic() == before
    assert node.may_be_expired


def test_clock_that_is_set_back_does_not_extend_a_lease(nodes: Nodes, clock: MovedClock) -> None:
    node = nodes.start("a").membership
    clock.paused_seconds = -LEASE_SECONDS  # so only the time of day stands still
    assert node.may_be_expired


def test_node_that_renews_its_lease_is_not_expired(nodes: Nodes, clock: MovedClock) -> None:
    first, second = nodes.start("a"), nodes.start("b")
    for _ in range(5):
        clock.instant += LEASE_SECONDS * 600
        assert first.renew() == [] == second.renew()
    assert nodes.names == ["a", "b"]


def pass_lease(clock: MovedClock, *nodes: Node) -> None:
    """Let a lease pass, during which only these nodes renew theirs."""
    for _ in range(3):
        clock.instant += LEASE_SECONDS * 400
        for node in nodes:
            node.renew()


def test_removed_node_can_neither_write_nor_renew_its_lease(nodes: Nodes, clock: MovedClock) -> None:
    first, second = nodes.start("a"), nodes.start("b")
    pass_lease(clock, second)
    assert second.renew() == ["a"]
    assert second.remove("a") == ["a"]
    with pytest.raises(LeaseExpired, match="did not renew its lease for 10 s"):
        first.say("too late")
    with pytest.raises(LeaseExpired):
        first.renew()
    assert nodes.names == ["b"]


def test_node_that_is_being_removed_cannot_renew_its_lease(nodes: Nodes, clock: MovedClock) -> None:
    first, second = nodes.start("a"), nodes.start("b")
    pass_lease(clock, second)
    assert second.renew() == ["a"]
    second.ledger.open()
    with pytest.raises(StorageError):  # after the lock timeout
        first.renew()
    second.ledger.commit([Event(Kind.NODE_ENDED, nick="b", target="a")])
    with pytest.raises(LeaseExpired):
        first.renew()


def test_expired_node_that_nobody_has_removed_may_go_on(nodes: Nodes, clock: MovedClock) -> None:
    first, second = nodes.start("a"), nodes.start("b")
    pass_lease(clock, first)
    assert first.renew() == ["b"]
    assert second.renew() == []
    assert first.remove("b") == []  # it has renewed its lease since
    second.say("still here")
    assert nodes.names == ["a", "b"]


def test_only_one_node_removes_an_expired_one(nodes: Nodes, clock: MovedClock) -> None:
    first, second, _ = nodes.start("a"), nodes.start("b"), nodes.start("c")
    pass_lease(clock, first, second)
    assert first.renew() == ["c"] == second.renew()
    assert first.remove("c") == ["c"]
    assert second.remove("c") == []


@pytest.mark.parametrize("pause", [0.8, 1.5])
def test_nodes_that_could_not_renew_their_lease_remove_none(
    nodes: Nodes, clock: MovedClock, pause: float
) -> None:
    first, second = nodes.start("a"), nodes.start("b")
    pass_lease(clock, first, second)
    clock.instant += LEASE_SECONDS * 240
    first.renew()
    clock.instant += int(LEASE_SECONDS * 1000 * pause)  # nobody reaches the database
    assert first.renew() == []
    second.renew()
    pass_lease(clock, first, second)
    assert first.renew() == [] == second.renew()
    pass_lease(clock, first)
    assert first.renew() == ["b"]


def test_restarted_node_takes_the_place_of_its_earlier_run(nodes: Nodes) -> None:
    before, after = nodes.start("a"), nodes.start("a")
    after.say("I am back")
    with pytest.raises(LeaseExpired):
        before.say("so am I")


def test_the_service_goes_on_while_there_is_a_node(nodes: Nodes, clock: MovedClock) -> None:
    since, first = clock.instant, nodes.start("a")
    first.membership.peak_users = 7
    clock.instant += 5_000
    first.renew()
    second = nodes.start("b")
    assert [(node.serving_since, node.peak_users) for node in (first.membership, second.membership)] == [
        (since, 7)
    ] * 2
    second.renew()
    pass_lease(clock, second)
    second.remove("a")
    assert nodes.start("a").membership.serving_since == since
    clock.instant += LEASE_SECONDS * 1000 + 1  # all nodes are dead
    assert nodes.start("c").membership.serving_since == clock.instant


def test_settings_of_users_must_be_equal(nodes: Nodes, clock: MovedClock) -> None:
    nodes.start("a", cloak=True)
    with pytest.raises(DatabaseRefused, match="The setting cloak is False here, but True on the node a"):
        nodes.start("b", cloak=False)
    assert nodes.names == ["a"]
    clock.instant += LEASE_SECONDS * 1000 + 1
    nodes.start("b", cloak=False)  # the other one is dead


def test_settings_that_were_reloaded_are_compared(nodes: Nodes, clock: MovedClock) -> None:
    first = nodes.start("a", cloak=True)
    first.membership.settings = {"cloak": False}
    first.renew()
    nodes.start("b", cloak=False)
    with pytest.raises(DatabaseRefused, match="The setting cloak is True here, but False on the node a"):
        nodes.start("c", cloak=True)


def test_remote_events_are_read_without_the_lock_of_the_log(nodes: Nodes, database: Database) -> None:
    first, second = nodes.start("a"), nodes.start("b")
    first.ledger.read_remote_events()
    with database.locked():
        assert second.ledger.read_remote_events() == []
    first.say("hello")
    first.ledger.open()  # holds the lock
    eventually(
        lambda: [event.text for event in second.ledger.read_remote_events()] == ["hello"], LEASE_SECONDS
    )
    first.ledger.commit([])


@contextmanager
def listening(database: Database) -> Iterator[list[str]]:
    """Yield the payloads of the notifications that the server on a database hears."""
    heard: list[str] = []
    query = f"LISTEN {list(Channel)[-1].value}"
    listeners = select(func.count()).select_from(text("pg_stat_activity"))
    listeners = listeners.where(text("state = 'idle' AND datname = current_database() AND query = :query"))
    with closing(database.dialect.listen(database.url, lambda channel, payload: heard.append(payload))):
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as observer:
            eventually(lambda: observer.scalar(listeners, {"query": query}) == 1, 10)
        yield heard


def test_a_node_notifies_others_only_while_there_are_any(nodes: Nodes, database: Database) -> None:
    if database.dialect.name != "postgresql":
        pytest.skip("the servers on SQLite poll")
    east = nodes.start("east")
    with listening(database) as heard:
        east.say("nobody needs to hear this")
        nodes.start("west")
        east.say("hello")
        eventually(lambda: len(heard) == 2, 10)
    assert heard == [str(east.ledger.last_id - 1), str(east.ledger.last_id)]


def session_pid(node: Node) -> int:
    """Return the process id of the session that appends."""
    return int(node.ledger.read(lambda connection: connection.scalar(text("SELECT pg_backend_pid()"))) or 0)


def end_session(database: Database, pid: int) -> None:
    """End a session, and wait for it."""
    with database.engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def test_a_node_does_not_hear_its_own_notifications(nodes: Nodes, database: Database) -> None:
    if database.dialect.name != "postgresql":
        pytest.skip("the servers on SQLite poll")
    west = nodes.start("west")
    with ExitStack() as stack:
        claimed = stack.enter_context(closing(Database(database.url)))
        stack.enter_context(closing(claimed.dialect.claim_node(claimed.engine, "east")))
        east = nodes.start_on(claimed, "east")
        stack.callback(east.ledger.close)
        heard = stack.enter_context(listening(claimed))
        east.say("hello")
        before = session_pid(east)
        end_session(database, before)
        with pytest.raises(StorageError):
            east.say("lost")
        east.say("in another session")
        assert session_pid(east) != before
        west.say("and you")
        eventually(lambda: heard != [], 10)
    assert heard == [str(west.ledger.last_id)]
