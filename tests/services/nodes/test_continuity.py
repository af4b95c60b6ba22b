"""After each reconnection, a server makes sure that the log is still the one it has read."""

from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import text

from app.clock import Clock
from app.db.database import Database
from app.errors import LogReplaced, NodeLost, StorageError
from app.events import Event, Kind
from app.services.ledger.ledger import Ledger
from app.services.nodes.membership import Membership, NodeProfile
from tests.conftest import MovedClock
from tests.postgres import Postgres
from tests.story import record_now

Use = Callable[[Ledger], object]


def said(*texts: str) -> list[Event]:
    """Return messages."""
    return [Event(Kind.PRIVMSG, nick="anna", target="bob", text=text) for text in texts]


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    """A database on PostgreSQL."""
    with postgres.database() as url, closing(Database(url)) as database:
        yield database


@pytest.fixture
def ledger(database: Database) -> Iterator[Ledger]:
    """The ledger of a node that has stored three messages."""
    clock = Clock()
    with closing(Ledger(database, clock)) as ledger:
        ledger.start(lambda snapshot: None)
        ledger.open()
        profile = NodeProfile("a", "1.0", {}, 10)
        ledger.commit([ledger.join(Membership(profile, clock, database.dialect.now))])
        ledger.open()
        ledger.commit(said("one", "two", "three"))
        yield ledger


@pytest.fixture
def lose_connection(database: Database) -> Iterator[Callable[[], None]]:
    """A function that ends the sessions of all others."""
    with psycopg.connect(database.url.render_as_string(hide_password=False), autocommit=True) as own:
        statement = (
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        yield lambda: own.execute(statement) and None


def read_remote_events(ledger: Ledger) -> object:
    """Read what others have appended."""
    return ledger.read_remote_events()


def store(ledger: Ledger) -> object:
    """Store a message, and read what others have appended."""
    ledger.open()
    return ledger.commit(said("four"))


def renew_lease(ledger: Ledger) -> object:
    """Renew the lease, then read what others have appended."""
    assert ledger.membership is not None
    ledger.renew_lease(ledger.membership)
    return ledger.read_remote_events()


def shorten(database: Database) -> None:
    """Remove the last messages, as if they had not been replicated."""
    with database.engine.begin() as other:
        end = other.scalar(
            text(
                "DELETE FROM hash_chain WHERE last_id = (SELECT max(last_id) FROM hash_chain) "
                "RETURNING last_id"
            )
        )
        before = other.scalar(text("SELECT max(last_id) FROM hash_chain"))
        other.execute(
            text("DELETE FROM event WHERE id BETWEEN :first AND :last"), {"first": before + 1, "last": end}
        )


def diverge(database: Database) -> None:
    """Replace the last messages by as many others, and more."""
    shorten(database)
    record_now(database, MovedClock(), said("uno", "due", "tre"))
    record_now(database, MovedClock(), said("quattro"))


def eventually_raises(use: Use, ledger: Ledger) -> NodeLost:
    """Use the ledger, again if the connection was lost, until it says that it may not go on."""
    for _ in range(3):
        try:
            use(ledger)
        except StorageError:
            continue
        except NodeLost as error:
            return error
    raise AssertionError("the ledger goes on")


@pytest.mark.parametrize("use", [read_remote_events, store, renew_lease])
@pytest.mark.parametrize(("replace", "reason"), [(shorten, "The log ends at event 1"), (diverge, "differs")])
def test_replaced_log_is_noticed_and_recorded(
    database: Database,
    ledger: Ledger,
    lose_connection: Callable[[], None],
    use: Use,
    replace: Callable[[Database], None],
    reason: str,
) -> None:
    lose_connection()
    replace(database)
    error = eventually_raises(use, ledger)
    assert isinstance(error, LogReplaced)
    assert reason in error.sentence
    with database.engine.connect() as connection:
        recorded = connection.execute(
            text("SELECT action, target, detail FROM audit ORDER BY id DESC")
        ).first()
        nodes = connection.scalar(text("SELECT count(*) FROM node"))
    assert recorded is not None
    assert recorded[:2] == ("node.log-replaced", "a")
    assert recorded[2]["reason"] == error.sentence
    assert nodes == 1  # until it starts again, or its lease expires


@pytest.mark.parametrize("use", [read_remote_events, store, renew_lease])
def test_same_log_goes_on(
    database: Database, ledger: Ledger, lose_connection: Callable[[], None], use: Use
) -> None:
    lose_connection()
    with pytest.raises(StorageError):
        use(ledger)
    record_now(database, MovedClock(), said("theirs"))
    assert [event.text for event in ledger.read_remote_events()] == ["theirs"]
    store(ledger)
    assert ledger.last_id == 6
