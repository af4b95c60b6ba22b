"""How often a node waits for PostgreSQL: every node reads every batch of the others."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection

from app.db.database import Database
from app.events import Event, Kind
from app.services.ledger.ledger import Ledger
from app.services.nodes.membership import Membership, NodeProfile
from tests.conftest import MovedClock
from tests.postgres import Postgres

MESSAGES = 40


@pytest.fixture
def nodes(postgres: Postgres, clock: MovedClock) -> Iterator[tuple[Ledger, Ledger]]:
    """Two nodes, with the connections that servers use."""
    with postgres.database() as url, ExitStack() as stack:
        ledgers = []
        for name in ("a", "b"):
            database = stack.enter_context(closing(Database(url)))
            stack.enter_context(closing(database.dialect.claim_node(database.engine, name)))
            ledger = stack.enter_context(closing(Ledger(database, clock)))
            ledger.start(lambda snapshot: None)
            ledger.open()
            profile = NodeProfile(name, "1.0", {}, 10)
            ledger.commit([ledger.join(Membership(profile, clock, lambda connection: clock.now()))])
            ledgers.append(ledger)
        yield ledgers[0], ledgers[1]


def say(ledger: Ledger, count: int) -> None:
    """Store messages in one batch."""
    ledger.open()
    ledger.commit([Event(Kind.PRIVMSG, nick="anna", target="bob", text=f"{n}") for n in range(count)])


@contextmanager
def traced(connection: Connection, path: Path) -> Iterator[list[str]]:
    """Collect the types of the messages that the driver receives in the block."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    received: list[str] = []
    with path.open("w+") as file:
        driver.pgconn.trace(file.fileno())
        yield received
        driver.pgconn.untrace()
        file.seek(0)
        received += re.findall(r"\tB\t\d+\t(\w+)", file.read())


@pytest.mark.parametrize("messages", [1, MESSAGES])
def test_remote_events_are_read_in_one_round_trip(
    nodes: tuple[Ledger, Ledger], tmp_path: Path, messages: int
) -> None:
    one, other = nodes
    other.read_remote_events()
    say(one, messages)
    with traced(other.connection, tmp_path / "trace") as received:
        events = other.read_remote_events()
    assert [event.text for event in events] == [f"{n}" for n in range(messages)]
    assert received.count("ReadyForQuery") == 1


def test_remote_events_take_one_more_round_trip_before_a_batch(
    nodes: tuple[Ledger, Ledger], tmp_path: Path
) -> None:
    one, other = nodes
    other.read_remote_events()
    say(one, MESSAGES)
    with traced(other.connection, tmp_path / "trace") as received:
        assert len(other.open()) == MESSAGES
        other.commit([Event(Kind.PRIVMSG, nick="bob", target="anna", text="Yes")])
    assert received.count("ReadyForQuery") == 3
