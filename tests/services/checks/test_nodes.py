"""The checks of the nodes and of their PostgreSQL server."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.clock import Clock
from app.db.database import Database
from app.db.postgresql.server_settings import PostgreSQLSettings, read_server_settings
from app.services.checks.nodes import MAX_LAG_EVENTS, check_nodes
from app.services.checks.postgresql import CONNECTIONS_PER_NODE, SPARE_CONNECTIONS, check_postgresql
from app.services.ledger.ledger import Ledger
from app.services.nodes.membership import Membership, NodeProfile
from app.services.nodes.nodes import NodeStatus, describe_nodes
from app.settings import ServerSettings
from tests.postgres import Postgres

NODE = NodeStatus("chat-1", datetime(2026, 11, 30, tzinfo=UTC), "1.0", 20, 0, 9, draining=False)
OTHER = replace(NODE, name="chat-2")
SOUND = PostgreSQLSettings(
    has_fsync=True,
    has_durable_commits=True,
    requires_standby=False,
    idle_in_transaction_timeout_ms=0,
    usable_connections=97,
    asynchronous_standbys=0,
    synchronous_standbys=0,
)


@pytest.mark.parametrize(
    ("nodes", "name", "words"),
    [
        ([], "main", []),
        ([replace(NODE, name="main")], "main", []),
        ([NODE, OTHER], "chat-1", []),
        ([NODE, OTHER], "main", ["Give each server its own name"]),
        ([NODE, replace(OTHER, lease=-30)], "chat-1", ["The lease of the node chat-2 expired 30 s ago"]),
        ([NODE, replace(OTHER, version="1.1")], "chat-1", ["chat-1 1.0, chat-2 1.1"]),
        ([NODE, replace(OTHER, lag=MAX_LAG_EVENTS)], "chat-1", []),
        ([NODE, replace(OTHER, lag=MAX_LAG_EVENTS + 1)], "chat-1", ["chat-2 has not applied the last 10001"]),
    ],
)
def test_problems_of_nodes_are_found(nodes: list[NodeStatus], name: str, words: list[str]) -> None:
    findings = check_nodes(nodes, ServerSettings(node=name)).findings
    assert len(findings) == len(words)
    for finding, word in zip(findings, words, strict=True):
        assert word in finding.sentence


@pytest.mark.parametrize(
    ("nodes", "changes", "words"),
    [
        (1, {}, []),
        (2, {"idle_in_transaction_timeout_ms": 60_000}, []),
        (2, {}, ["PostgreSQL never ends an idle transaction"]),
        (1, {"has_fsync": False}, ["fsync = on"]),
        (1, {"has_durable_commits": False}, ["have the pooler pass on"]),
        (1, {"asynchronous_standbys": 1}, ["synchronous_standby_names"]),
        (1, {"requires_standby": True, "synchronous_standbys": 1, "asynchronous_standbys": 1}, []),
        (1, {"requires_standby": True, "asynchronous_standbys": 1}, ["every message waits for one"]),
        (1, {"usable_connections": CONNECTIONS_PER_NODE + SPARE_CONNECTIONS}, []),
        (1, {"usable_connections": CONNECTIONS_PER_NODE + SPARE_CONNECTIONS - 1}, ["max_connections to at"]),
    ],
)
def test_problems_of_the_database_server_are_found(
    nodes: int, changes: dict[str, int], words: list[str]
) -> None:
    findings = check_postgresql(replace(SOUND, **changes), nodes).findings
    assert len(findings) == len(words)
    for finding, word in zip(findings, words, strict=True):
        assert word in finding.sentence


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    """A database on PostgreSQL."""
    with postgres.database() as url, closing(Database(url)) as database:
        yield database


def test_settings_are_those_of_the_servers_connections(database: Database) -> None:
    with database.snapshot() as connection:
        found = read_server_settings(connection)
        connection.exec_driver_sql(
            "SET synchronous_commit = off; SET idle_in_transaction_session_timeout = '1s'"
        )
        changed = read_server_settings(connection)
    assert found == replace(SOUND, has_fsync=False, usable_connections=found.usable_connections)
    assert 0 < found.usable_connections < 1_000
    assert changed == replace(found, has_durable_commits=False, idle_in_transaction_timeout_ms=1_000)


def test_node_in_the_table_is_checked(database: Database) -> None:
    with closing(Ledger(database, Clock())) as ledger:
        ledger.start(lambda snapshot: None)
        ledger.open()
        profile = NodeProfile("chat-1", "1.0", {}, lease_seconds=0)
        ledger.commit([ledger.join(Membership(profile, Clock(), database.dialect.now))])
    with database.snapshot() as connection:
        nodes = describe_nodes(connection, database.dialect.now(connection) + 5_000)
    result = check_nodes(nodes, ServerSettings(node="chat-2"))
    assert result.summary == "chat-1"
    assert [finding.problem[:32] for finding in result.findings] == ["The lease of the node chat-1 exp"]
