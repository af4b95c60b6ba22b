"""Commits on PostgreSQL that the ledger does not wait for, and the log's lock between them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event as Signal

import psycopg
import pytest

from app.clock import Clock
from app.db.database import Database
from app.db.log_page import read_after
from app.db.postgresql.locks import LOG_LOCK
from app.errors import StorageError
from app.events import Event, Kind
from app.services.ledger.ledger import Ledger
from app.threads import run_on_thread
from tests.waiting import eventually

POISON = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poisoned'; END $$;
CREATE TRIGGER poison BEFORE INSERT ON event FOR EACH ROW WHEN (NEW.text = 'poison') EXECUTE FUNCTION poison();
CREATE CONSTRAINT TRIGGER slow_poison AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.text = 'slow poison') EXECUTE FUNCTION poison()
"""


@pytest.fixture
def ledger(claimed_database: Database) -> Iterator[Ledger]:
    """A ledger that commits in the background, and has the log open."""
    with (
        ThreadPoolExecutor(1) as background,
        closing(Ledger(claimed_database, Clock(), background)) as ledger,
    ):
        ledger.start(lambda snapshot: None)
        ledger.open()
        ledger.commit(said("the first"))
        ledger.open()
        yield ledger


@pytest.fixture
def other(claimed_database: Database) -> Iterator[psycopg.Connection]:
    """A session of another program."""
    with psycopg.connect(
        claimed_database.url.render_as_string(hide_password=False), autocommit=True
    ) as other:
        yield other


def said(*texts: str) -> list[Event]:
    """Return messages."""
    return [Event(Kind.PRIVMSG, nick="anna", target="bob", text=text) for text in texts]


def store(ledger: Ledger, *texts: str, keeps_lock: bool = True) -> list[Event]:
    """Start a commit, and return the rejected events when it has ended."""
    answered = Signal()
    ledger.start_commit(said(*texts), [], keeps_lock, answered.set)
    assert answered.wait(10)
    assert ledger.is_answered
    return ledger.finish_commit()


def texts(database: Database) -> list[str | None]:
    """Return the texts of the log, without the first."""
    with database.reading() as session:
        return [event.text for event in read_after(session.connection(), 1, 100).events]


def is_free(other: psycopg.Connection) -> bool:
    """Return whether another session can take the log's lock."""
    found = other.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOG_LOCK]).fetchone()
    return found == (True,)


def opens_again(ledger: Ledger) -> bool:
    """Return whether the log could be opened, at its earlier end; connecting may take a while."""
    try:
        return ledger.resolve_commit() is None and ledger.open() == []
    except StorageError:
        return False


def test_lock_is_kept_for_the_next_batch(
    ledger: Ledger, other: psycopg.Connection, claimed_database: Database
) -> None:
    assert store(ledger, "one") == []
    assert ledger.is_kept_open
    assert not is_free(other)
    assert ledger.open() == []
    assert store(ledger, "two", keeps_lock=False) == []
    assert not ledger.is_kept_open
    assert is_free(other)
    assert texts(claimed_database) == ["one", "two"]


def test_lock_that_is_not_needed_is_released(ledger: Ledger, other: psycopg.Connection) -> None:
    store(ledger, "one")
    ledger.release_lock()
    assert not ledger.is_kept_open
    assert is_free(other)


def test_session_that_waits_for_the_lock_gets_it_after_the_last_batch(
    ledger: Ledger, other: psycopg.Connection
) -> None:
    def look_with_lock() -> object:
        other.execute(f"SELECT pg_advisory_lock({LOG_LOCK})")
        return other.execute("SELECT max(id) FROM event").fetchone()

    seen = run_on_thread("other", look_with_lock)
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
    )
    with ledger.database.engine.connect() as observer:
        eventually(lambda: observer.exec_driver_sql(waiting).scalar() == 1, 10)
    for text in ("one", "two", "three"):
        store(ledger, text)
    assert not seen.done()
    store(ledger, "four", keeps_lock=False)
    assert seen.result(10) == (5,)


def test_rejected_row_leaves_no_lock_behind(
    ledger: Ledger, other: psycopg.Connection, claimed_database: Database
) -> None:
    other.execute(POISON)
    assert [event.text for event in store(ledger, "one", "poison", "two")] == ["poison"]
    assert not ledger.is_kept_open
    assert is_free(other)
    assert texts(claimed_database) == ["one", None, "two"]


def test_failure_of_the_commit_itself_leaves_no_lock_behind(
    ledger: Ledger, other: psycopg.Connection, claimed_database: Database
) -> None:
    other.execute(POISON)
    with pytest.raises(StorageError, match="poisoned"):
        store(ledger, "one", "slow poison")
    assert is_free(other)
    assert texts(claimed_database) == []


def test_lost_connection_is_a_failure_that_can_be_resolved(
    ledger: Ledger, other: psycopg.Connection, claimed_database: Database
) -> None:
    with other.transaction():
        other.execute("LOCK TABLE event IN SHARE MODE")  # so that the insertion waits
        ledger.start_commit(said("one"), [], True, lambda: None)
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with pytest.raises(StorageError):
            ledger.finish_commit()
    assert not ledger.is_kept_open
    assert is_free(other)
    eventually(lambda: opens_again(ledger), 10)
    assert store(ledger, "one") == []
    assert texts(claimed_database) == ["one"]


def test_query_awaits_the_commit(ledger: Ledger) -> None:
    ledger.start_commit(said("one"), [], True, lambda: None)
    assert (
        ledger.read(lambda connection: connection.exec_driver_sql("SELECT max(id) FROM event").scalar()) == 2
    )
    assert ledger.finish_commit() == []
