"""Failover of PostgreSQL under load: what was shown is kept, or its loss is announced."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.postgres_instance import PostgresInstance, PostgresInstances, postgres_instances, prepare
from tests.process.nodes.cluster import open_cluster
from tests.process.nodes.crowd import stored, wait_for_messages, watched
from tests.process.socket_client import TIMEOUT_SECONDS
from tests.waiting import eventually

Proceed = Callable[[PostgresInstance, PostgresInstance], PostgresInstance]


@pytest.fixture
def instances() -> Iterator[PostgresInstances]:
    """PostgreSQL servers of this test."""
    with postgres_instances() as instances:
        yield instances


@pytest.fixture
def pair(instances: PostgresInstances) -> tuple[PostgresInstance, PostgresInstance]:
    """A primary with an empty chat database, and its standby."""
    primary, standby = instances.create_pair()
    prepare(primary.url)
    return primary, standby


def address(*instances: PostgresInstance) -> str:
    """Return the URL with which nodes find the primary among several servers."""
    hosts = ",".join(f"127.0.0.1:{instance.port}" for instance in instances)
    return f"postgresql://postgres@{hosts}/postgres"


def test_failover_to_a_synchronous_standby_loses_nothing(
    tmp_path: Path, pair: tuple[PostgresInstance, PostgresInstance]
) -> None:
    primary, standby = pair
    primary.require_standby()
    with open_cluster(tmp_path, address(primary, standby)) as cluster:
        with watched(cluster, standby.url) as crowd:
            wait_for_messages(crowd)
            since = time.monotonic()
            primary.kill()
            standby.promote()
            wait_for_messages(crowd)
            print(f"failover: writers waited {crowd.longest_wait(None, since):.2f} s")
        for node in cluster.nodes:
            assert "The database works again" in node.log
            assert "Starting again" not in node.log
        assert [len(person.views) for person in crowd.people] == [1] * len(crowd.people), (
            "nobody was disconnected"
        )


def test_failover_to_a_standby_without_the_end_of_the_log_is_announced(
    tmp_path: Path, pair: tuple[PostgresInstance, PostgresInstance]
) -> None:
    primary, standby = pair
    with open_cluster(tmp_path, address(primary, standby), size=2) as cluster, ExitStack() as stack:
        people = [
            stack.enter_context(node.connect(f"on-{node.name}", "echo-message")) for node in cluster.nodes
        ]
        people[0].send("PRIVMSG #general :replicated")
        for person in people:
            person.hears("replicated")
        wait_until_replicated(primary, standby)
        standby.kill()
        people[1].send("PRIVMSG #general :lost")
        for person in people:
            person.hears("lost")
        primary.kill()
        standby.start()
        standby.promote()
        for person in people:
            assert "This server has shown events that are lost" in person.rest()[-1]
        for node in cluster.nodes:
            node.wait_until_serving()
            assert "log-replaced" in audit(standby, node.name)
    assert [message.text for message in stored(standby.url)] == ["replicated"]


def keep(primary: PostgresInstance, standby: PostgresInstance) -> PostgresInstance:
    """Let the standby go on; return the primary."""
    standby.resume()
    return primary


def fail_over(primary: PostgresInstance, standby: PostgresInstance) -> PostgresInstance:
    """Replace the primary by its standby; return the new primary."""
    primary.kill()
    standby.resume()
    standby.promote()
    return standby


@pytest.mark.long
@pytest.mark.parametrize("proceed", [keep, fail_over])
def test_commit_that_the_standby_lacks_is_not_shown(
    tmp_path: Path, pair: tuple[PostgresInstance, PostgresInstance], proceed: Proceed
) -> None:
    primary, standby = pair
    primary.require_standby()
    with open_cluster(tmp_path, address(primary, standby), size=2) as cluster, ExitStack() as stack:
        people = [
            stack.enter_context(node.connect(f"on-{node.name}", "echo-message")) for node in cluster.nodes
        ]
        alice, bob = people
        alice.hears(f":{bob.nick}!")  # joins
        standby.pause()
        alice.send("PRIVMSG #general :in doubt")
        wait_for_sessions(primary, 1)
        primary.restart_at_once()  # which forgets that the commit was not replicated
        wait_for_sessions(primary, len(people))
        with primary.connect() as connection:
            found = connection.execute("SELECT count(*) FROM event WHERE text = 'in doubt'").fetchone()
            assert found == (1,)
        assert [line for line in bob.fence() if "in doubt" in line] == []
        assert alice.is_silent(0.1)
        holder = proceed(primary, standby)
        for person in people:
            person.hears("in doubt")
            assert [line for line in person.fence() if "in doubt" in line] == []
    assert [message.text for message in stored(holder.url)] == ["in doubt"]


def wait_for_sessions(primary: PostgresInstance, number: int) -> None:
    """Wait until a number of sessions wait for the standby."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    with primary.connect() as connection:
        eventually(lambda: connection.execute(waiting).fetchone() == (number,), TIMEOUT_SECONDS)


def wait_until_replicated(primary: PostgresInstance, standby: PostgresInstance) -> None:
    """Wait until the standby has everything that the primary has."""
    with primary.connect() as source, standby.connect() as copy:
        query = "SELECT max(id) FROM event"
        eventually(
            lambda: source.execute(query).fetchone() == copy.execute(query).fetchone(), TIMEOUT_SECONDS
        )


def audit(instance: PostgresInstance, node: str) -> str:
    """Return the actions of a node in the audit log."""
    with instance.connect() as connection:
        return " ".join(
            action for (action,) in connection.execute("SELECT action FROM audit WHERE actor = %s", [node])
        )
