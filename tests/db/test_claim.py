"""One server at a time can claim a database, and none commits to PostgreSQL without the claim."""

import fcntl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.clock import Clock
from app.db.database import Database
from app.db.migration import schema
from app.db.postgresql import claim as postgresql_claim
from app.db.postgresql.locks import LOG_LOCK
from app.db.sqlite.claim import SQLiteClaim
from app.errors import ClaimLost, DatabaseRefused, StorageError
from app.services.ledger.ledger import Ledger
from tests.postgres import Postgres
from tests.silent_proxy import SilentProxy
from tests.waiting import eventually

DEADLINE_SECONDS = 10


@pytest.fixture(autouse=True)
def brief_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse a second server after a fraction of a second."""
    monkeypatch.setattr(postgresql_claim, "CLAIM_WAIT_SECONDS", 0.3)


@pytest.fixture
def proxy(postgres: Postgres) -> Iterator[SilentProxy]:
    """A proxy in front of an empty chat database on PostgreSQL."""
    with postgres.database() as url, SilentProxy(url) as proxy:
        yield proxy


@pytest.fixture
def claimed(proxy: SilentProxy) -> Iterator[Database]:
    """A claimed database behind the proxy."""
    with closing(Database(proxy.url)) as database, closing(database.dialect.claim(database.engine)):
        yield database


@pytest.fixture
def other(claimed: Database) -> Iterator[Database]:
    """The same database, as another program opens it."""
    with closing(Database(claimed.url)) as database:
        yield database


@pytest.fixture
def ledger(claimed: Database) -> Iterator[Ledger]:
    """The ledger of the server that holds the claim."""
    ledger = Ledger(claimed, Clock())
    ledger.start(lambda snapshot: None)
    yield ledger
    ledger.close()


def end_sessions(database: Database) -> None:
    """End every other session, as a restart of PostgreSQL does."""
    with database.reading() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def opens(ledger: Ledger) -> bool:
    """Return whether a transaction can be opened and committed."""
    try:
        ledger.open()
        ledger.commit([])
    except StorageError:
        return False
    return True


def test_others_see_whether_a_server_is_running(fresh: Database) -> None:
    schema.prepare_database(fresh)
    with closing(Database(fresh.url)) as other:

        def is_free() -> bool:
            return not other.dialect.has_server(other.engine)

        eventually(is_free, DEADLINE_SECONDS)  # a session of PostgreSQL ends after its connection
        with closing(fresh.dialect.claim_node(fresh.engine, "main")):
            assert other.dialect.has_server(other.engine)
        eventually(is_free, DEADLINE_SECONDS)


def test_a_claim_waits_for_a_program_that_looks_for_it(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    path.touch()
    with (tmp_path / "chat.db.lock").open("w") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        Timer(0.02, lambda: fcntl.flock(looking, fcntl.LOCK_UN)).start()
        SQLiteClaim(path).close()


def test_second_claim_is_refused_until_the_first_is_released(database: Database) -> None:
    with closing(Database(database.url)) as second:
        claim = database.dialect.claim(database.engine)
        with pytest.raises(DatabaseRefused, match="Another server") as refusal:
            second.dialect.claim(second.engine)
        is_told = "or use PostgreSQL, which several servers can share." in refusal.value.sentence
        assert is_told is not database.dialect.has_nodes
        claim.close()
        second.dialect.claim(second.engine).close()


def test_claim_waits_for_the_session_of_a_killed_server(
    claimed: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_claim, "CLAIM_WAIT_SECONDS", DEADLINE_SECONDS)
    with ThreadPoolExecutor() as threads:
        claim = threads.submit(other.dialect.claim, other.engine)
        end_sessions(claimed)
        claim.result(DEADLINE_SECONDS).close()


def test_claim_is_taken_again_after_a_lost_connection(
    ledger: Ledger, claimed: Database, other: Database
) -> None:
    end_sessions(other)
    eventually(lambda: opens(ledger), DEADLINE_SECONDS)
    with pytest.raises(DatabaseRefused, match="Another server"):
        other.dialect.claim(other.engine)


def test_server_without_the_claim_cannot_commit(ledger: Ledger, claimed: Database, other: Database) -> None:
    ledger.open()
    end_sessions(other)
    with closing(other.dialect.claim(other.engine)):
        with pytest.raises(StorageError):
            ledger.commit([])
        with pytest.raises(ClaimLost, match="Another server is running"):
            eventually(lambda: opens(ledger), DEADLINE_SECONDS)


def test_claim_is_taken_from_an_earlier_session_of_the_same_server(
    ledger: Ledger, claimed: Database, proxy: SilentProxy
) -> None:
    ledger.open()  # holds the log's lock as well
    proxy.lose_connections()
    with pytest.raises(StorageError, match="did not answer"):
        ledger.commit([])
    eventually(lambda: opens(ledger), DEADLINE_SECONDS)


def test_silent_database_fails_the_call_and_the_next_ones(
    ledger: Ledger, claimed: Database, proxy: SilentProxy
) -> None:
    ledger.open()
    proxy.silence()
    with pytest.raises(StorageError, match="did not answer for 1 s"):
        ledger.commit([])
    with pytest.raises(StorageError, match="still connecting"):
        ledger.open()
    proxy.resume()
    eventually(lambda: opens(ledger), DEADLINE_SECONDS)


def test_slow_statement_succeeds_when_retried(ledger: Ledger) -> None:
    statement = text("SELECT pg_sleep(1.5)")
    for is_first in (True, False):
        eventually(lambda: opens_only(ledger), DEADLINE_SECONDS)
        if is_first:
            with pytest.raises(OperationalError, match="did not answer"):
                ledger.connection.execute(statement)
            ledger.connection.rollback()
        else:
            ledger.connection.execute(statement)
    ledger.commit([])


def opens_only(ledger: Ledger) -> bool:
    """Return whether a transaction can be opened, and leave it open."""
    try:
        ledger.open()
    except StorageError:
        return False
    return True


def test_long_answer_is_not_cut(ledger: Ledger) -> None:
    ledger.open()
    rows = ledger.connection.execute(
        text("SELECT pg_sleep(0.2), repeat('x', 100000) FROM generate_series(1, 10)")
    )
    assert len(rows.all()) == 10
    ledger.commit([])


@pytest.mark.parametrize(
    "lock", [f"SELECT pg_advisory_xact_lock({LOG_LOCK})", "LOCK TABLE event IN ACCESS EXCLUSIVE MODE"]
)
def test_lock_held_elsewhere_is_a_storage_error(ledger: Ledger, other: Database, lock: str) -> None:
    with other.engine.begin() as connection:
        connection.execute(text(lock))
        with pytest.raises(StorageError, match="lock timeout"):
            ledger.open()
    assert opens(ledger)


def test_reading_is_not_limited(claimed: Database) -> None:
    with claimed.reading() as session:
        session.execute(text("SELECT pg_sleep(1.2)"))


def test_database_stays_usable_without_a_claim(other: Database) -> None:
    schema.prepare_database(other)
    with other.locked() as connection:
        assert connection.execute(text("SHOW lock_timeout")).scalar() == "5s"
