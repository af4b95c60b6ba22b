"""Promises P1 to P3 on three nodes: whatever ends a node or its connections, nothing is lost."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from tests.postgres import Postgres
from tests.process.nodes.cluster import LEASE_SECONDS, ServerCluster, ServerNode, open_cluster
from tests.process.nodes.crowd import wait_for_messages, watched
from tests.waiting import eventually

Fault = Callable[[ServerCluster, ServerNode, URL], None]


@pytest.fixture
def url(postgres: Postgres) -> Iterator[URL]:
    """The URL of an empty chat database."""
    with postgres.database() as url:
        yield url


def kill(cluster: ServerCluster, node: ServerNode, url: URL) -> None:
    """Kill a node, and start it again."""
    node.kill()
    node.start()


def wait_until_removed(node: ServerNode, url: URL) -> None:
    """Wait until the other nodes have removed one whose lease has expired."""
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as observer:
        find = "SELECT 1 FROM node WHERE name = %s"
        eventually(lambda: observer.execute(find, [node.name]).fetchone() is None, 10 * LEASE_SECONDS)


def leave_dead(cluster: ServerCluster, node: ServerNode, url: URL) -> None:
    """Kill a node, and start it again after the others have removed it."""
    node.kill()
    wait_until_removed(node, url)
    node.start()


def pause(cluster: ServerCluster, node: ServerNode, url: URL) -> None:
    """Stop a node for longer than its lease, until the others have removed it."""
    node.pause()
    wait_until_removed(node, url)
    node.resume()
    node.wait_until_serving()


def end_sessions(cluster: ServerCluster, node: ServerNode, url: URL) -> None:
    """End the sessions of all nodes on the database."""
    with psycopg.connect(url.render_as_string(hide_password=False)) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def play(folder: Path, url: URL, faults: list[Fault], seed: int) -> None:
    """Let faults happen to random nodes, and check what people were shown."""
    rng = random.Random(seed)
    with (
        open_cluster(folder, url.render_as_string(hide_password=False)) as cluster,
        watched(cluster, url) as crowd,
    ):
        for fault in faults:
            wait_for_messages(crowd)
            node, since = rng.choice(cluster.nodes), time.monotonic()
            fault(cluster, node, url)
            wait_for_messages(crowd)
            print(f"{fault.__name__} of {node.name}: others waited {crowd.longest_wait(node, since):.2f} s")


def test_nothing_is_lost_when_nodes_die_pause_or_lose_connections(tmp_path: Path, url: URL) -> None:
    play(tmp_path, url, [*[kill] * 20, leave_dead, end_sessions, pause], seed=random.randrange(1 << 32))


@pytest.mark.long
@pytest.mark.timeout(4000)
@pytest.mark.parametrize(("faults", "times"), [([kill], 300), ([leave_dead, end_sessions, pause], 10)])
def test_nothing_is_lost_in_many_faults(tmp_path: Path, url: URL, faults: list[Fault], times: int) -> None:
    play(tmp_path, url, faults * times, seed=random.randrange(1 << 32))
