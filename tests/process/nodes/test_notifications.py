"""What nodes notify each other of through PostgreSQL: typing, and reloads of the settings."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher

from app.db.notifications import Channel
from tests.postgres import Postgres
from tests.process.nodes.cluster import ServerCluster
from tests.process.socket_client import TIMEOUT_SECONDS, SocketClient
from tests.waiting import eventually

OPERATORS = {"god": PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("heaven")}
LISTENERS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle' AND query = %s
"""


@pytest.fixture
def cluster(tmp_path: Path, postgres: Postgres) -> Iterator[ServerCluster]:
    """Two nodes that listen for notifications, with a settings file each."""
    with postgres.database() as url:
        address = url.render_as_string(hide_password=False)
        cluster = ServerCluster(tmp_path, address, 2, node_lease=10)
        write_settings(cluster)
        try:
            cluster.start()
            with psycopg.connect(address, autocommit=True) as observer:
                last = f"LISTEN {list(Channel)[-1].value}"
                eventually(lambda: observer.execute(LISTENERS, [last]).fetchone() == (2,), TIMEOUT_SECONDS)
            yield cluster
        finally:
            cluster.close()


def write_settings(cluster: ServerCluster, **settings: object) -> None:
    """Write the settings file of each node."""
    for node in cluster.nodes:
        (node.folder / "serverSetup.json").write_text(json.dumps({"operators": OPERATORS} | settings))


def test_typing_reaches_the_users_of_other_nodes(cluster: ServerCluster) -> None:
    first, second = cluster.nodes
    with first.connect("alice", "message-tags") as alice, second.connect("bob", "message-tags") as bob:
        alice.send("@+typing=active TAGMSG #general")
        assert bob.hears("TAGMSG")[-1] == "@+typing=active :alice!~alice@127.0.0.1 TAGMSG #general"


def test_typing_that_a_message_has_overtaken_is_dropped(cluster: ServerCluster) -> None:
    first, second = cluster.nodes
    with first.connect("alice", "message-tags") as alice, second.connect("bob", "message-tags") as bob:
        alice.send("@+typing=active TAGMSG #general", "PRIVMSG #general :hello")
        bob.hears("PRIVMSG")
        alice.send("@+typing=active TAGMSG #general")
        bob.hears("TAGMSG")
        alice.send("PRIVMSG #general :how are you")
        assert len(bob.hears("PRIVMSG")) == 1


def test_rehash_on_one_node_reloads_the_settings_of_all(cluster: ServerCluster) -> None:
    first, second = cluster.nodes
    with first.connect("alice") as alice, second.connect("bob") as bob:
        write_settings(cluster, motd="Tea is ready", retention_days=30)
        alice.send("OPER god heaven", "REHASH")
        assert alice.hears("Changed:")[-1].endswith("Changed: motd, retention_days.")
        heard: list[str] = []
        eventually(lambda: reads_motd(bob, "Tea is ready", heard), TIMEOUT_SECONDS)
        assert reads_motd(alice, "Tea is ready", [])
        assert len([line for line in heard if " NOTICE " in line]) == 1, "the new retention is announced once"
    wait_until_published(cluster, 30)
    second.server.end()
    second.start()  # it compares its settings with those of the other node


def wait_until_published(cluster: ServerCluster, days: int) -> None:
    """Wait until the rows of all nodes have a value of `retention_days`."""
    query = "SELECT count(*) FROM node WHERE settings ->> 'retention_days' = %s"
    with psycopg.connect(cluster.dbname, autocommit=True) as observer:
        eventually(lambda: observer.execute(query, [str(days)]).fetchone() == (2,), TIMEOUT_SECONDS)


def reads_motd(person: SocketClient, text: str, heard: list[str]) -> bool:
    """Return whether the message of the day has a text; add all lines received to `heard`."""
    person.send("MOTD")
    found = person.fence()
    heard += found
    return any(line.endswith(f":- {text}") for line in found)
