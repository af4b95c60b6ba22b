"""Pipelined transactions on PostgreSQL."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection

from app.db.database import Database
from app.db.postgresql.pipeline import driver_connection
from tests.waiting import eventually

LARGE_BYTES = 4_000_000  # more than the buffers of a socket have space for
STATE = "SELECT state FROM pg_stat_activity WHERE pid = %s"


@pytest.fixture
def connection(claimed_database: Database) -> Iterator[Connection]:
    """The connection of the claim, in a transaction, with an empty temporary table."""
    with claimed_database.connect_to_append() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE note (text text)")
        yield connection


def test_query_follows_a_statement_that_the_socket_has_no_space_for(connection: Connection) -> None:
    driver_connection(connection).execute("INSERT INTO note VALUES (%s)", ["x" * LARGE_BYTES])
    assert connection.exec_driver_sql("SELECT max(length(text)) FROM note").scalar() == LARGE_BYTES


def test_commit_that_is_sent_leaves_the_session_idle(
    claimed_database: Database, connection: Connection
) -> None:
    """A session that is not idle would keep its locks without limit if this process was stopped."""
    driver = driver_connection(connection)
    driver.execute("INSERT INTO note VALUES ('hello')")
    driver.send_commit(1)
    with psycopg.connect(
        claimed_database.url.render_as_string(hide_password=False), autocommit=True
    ) as observer:
        eventually(
            lambda: observer.execute(STATE, [driver.info.backend_pid]).fetchone() == ("idle in transaction",),
            10,
        )
    connection.commit()
