"""The ledger, with batches that contain a row which the database rejects."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select, text
from sqlalchemy.exc import OperationalError

from app.db.database import Database, parse_database_url
from app.db.log_page import read_after
from app.db.migration import schema
from app.db.models import EventRow
from app.errors import StorageError
from app.events import Event, Kind, RoomKey
from app.events.data import ModeData
from app.services.ledger.ledger import Ledger
from tests.conftest import MovedClock
from tests.postgres import Postgres
from tests.story import Story, record_now


@pytest.fixture
def claimed(story: Story) -> Iterator[Database]:
    """The database of the story, as claimed by a server; the story is another program."""
    with closing(Database(story.database.url)) as server, closing(server.dialect.claim(server.engine)):
        yield server


@pytest.fixture
def ledger(claimed: Database, clock: MovedClock) -> Iterator[Ledger]:
    """A ledger that starts at the end of the log."""
    with closing(Ledger(claimed, clock)) as ledger:
        ledger.start(lambda snapshot: None)
        yield ledger


def test_unopenable_database_is_a_transient_failure(tmp_path: Path, clock: MovedClock) -> None:
    folder = tmp_path / "later"
    database = Database(parse_database_url(str(folder / "chat.db")))
    with closing(Ledger(database, clock)) as ledger:
        with pytest.raises(StorageError, match="unable to open"):
            ledger.open()
        folder.mkdir()
        schema.prepare_database(database)
        assert ledger.open() == []
    database.close()


def said(*texts: object) -> list[Event]:
    """Return messages outside of rooms; a text that is not a string cannot be stored."""
    return [Event(Kind.PRIVMSG, nick="anna", target="bob", text=text) for text in texts]  # type: ignore[arg-type]


def log(story: Story) -> list[tuple[Kind, str | None]]:
    """Return the kinds and texts of the whole log."""
    with story.database.engine.connect() as connection:
        return [(event.kind, event.text) for event in read_after(connection, 0, 100).events]


@pytest.mark.parametrize("faulty", [object(), "\0"], ids=["object", "NUL"])
def test_faulty_row_is_voided_and_the_others_are_stored(story: Story, ledger: Ledger, faulty: object) -> None:
    if faulty == "\0" and story.database.dialect.name == "sqlite":
        pytest.skip("SQLite stores it")
    events = said("one", faulty, "three")
    ledger.open()
    assert ledger.commit(events) == [events[1]]
    assert log(story) == [(Kind.PRIVMSG, "one"), (Kind.VOID, None), (Kind.PRIVMSG, "three")]
    assert ledger.last_id == 3


@pytest.mark.parametrize("count", [1, 2, 21, 2_500])
def test_only_the_first_row_of_a_batch_carries_its_token(story: Story, ledger: Ledger, count: int) -> None:
    for start in (1, count + 1):
        ledger.open()
        assert ledger.commit(said(*map(str, range(start, start + count)))) == []
    with story.database.engine.connect() as connection:
        rows = connection.execute(
            select(EventRow.id, EventRow.text, EventRow.batch).order_by(EventRow.id)
        ).all()
    assert [(row.id, row.text) for row in rows] == [(id, str(id)) for id in range(1, 2 * count + 1)]
    tokens = {row.id: row.batch for row in rows if row.batch is not None}
    assert list(tokens) == [1, count + 1]
    assert len(set(tokens.values())) == 2


def test_mode_changes_by_others_arrive_with_the_key_of_the_room(story: Story, ledger: Ledger) -> None:
    room, data = story.create_room("#tea"), ModeData([("+", "k", "*", None)])
    secret = RoomKey("sesame", "+k sesame")
    story.record(Event(Kind.MODE, room, nick="anna", text="+k *", data=data, secret=secret))
    _, mode = ledger.open()
    assert mode.secret == RoomKey("sesame", "+k sesame")
    assert mode.text == "+k *"


@pytest.mark.parametrize("poisoned", [0, 1, 2])
def test_a_committed_batch_with_a_faulty_row_is_recognised(
    story: Story, claimed: Database, ledger: Ledger, poisoned: int
) -> None:
    """The answer to COMMIT is lost: the commit took place, and then raises."""
    events = said(*(object() if number == poisoned else str(number) for number in range(3)))
    ledger.open()

    def lose_answer(connection: Connection) -> None:
        connection.connection.commit()
        raise OperationalError("COMMIT", {}, Exception("connection lost"))

    event.listen(claimed.dialect.append_engine(claimed.engine), "commit", lose_answer, once=True)
    with pytest.raises(StorageError, match="connection lost"):
        ledger.commit(events)
    story.record(*said("theirs"))
    assert ledger.resolve_commit() == [events[poisoned]]
    assert [event.id for event in events] == [1, 2, 3]
    assert [one.text for one in ledger.open()] == ["theirs"]
    assert ledger.commit(said("next")) == []
    assert ledger.resolve_commit() is None
    assert [text for _, text in log(story)][-2:] == ["theirs", "next"]


def test_append_during_the_search_for_a_faulty_row_comes_first(
    story: Story, claimed: Database, ledger: Ledger
) -> None:
    events = said("one", object())
    ledger.open()

    def interrupt(connection: Connection) -> None:
        connection.connection.rollback()
        story.record(*said("theirs"))

    event.listen(claimed.dialect.append_engine(claimed.engine), "rollback", interrupt, once=True)
    with pytest.raises(StorageError):
        ledger.commit(events)
    assert [one.text for one in ledger.open()] == ["theirs"]
    assert ledger.commit(events) == [events[1]]
    assert log(story) == [(Kind.PRIVMSG, "theirs"), (Kind.PRIVMSG, "one"), (Kind.VOID, None)]


@pytest.fixture
def shared(postgres: Postgres, clock: MovedClock) -> Iterator[tuple[Database, Ledger]]:
    """A PostgreSQL database, and a ledger with an open transaction."""
    with (
        postgres.database() as url,
        closing(Database(url)) as database,
        closing(Ledger(database, clock)) as own,
    ):
        own.start(lambda snapshot: None)
        own.open()
        yield database, own


def lose(database: Database, connection: Connection) -> None:
    """Have PostgreSQL end the session of a connection."""
    session = connection.scalar(text("SELECT pg_backend_pid()"))
    with database.engine.begin() as other:
        other.execute(text("SELECT pg_terminate_backend(:session)"), {"session": session})


def texts(database: Database) -> list[str | None]:
    """Return the texts of the whole log."""
    with database.engine.connect() as connection:
        return [event.text for event in read_after(connection, 0, 100).events]


def test_a_query_runs_again_when_its_connection_is_lost(shared: tuple[Database, Ledger]) -> None:
    database, own = shared
    tries: list[Connection] = []

    def query(connection: Connection) -> int | None:
        tries.append(connection)
        if len(tries) == 1:
            lose(database, connection)
        return connection.scalar(text("SELECT 7"))

    assert own.read(query) == 7
    assert len(tries) == 2
    assert own.commit(said("stored once")) == []
    assert texts(database) == ["stored once"]


def test_a_commit_after_a_lost_query_overwrites_nothing(shared: tuple[Database, Ledger]) -> None:
    database, own = shared
    tries: list[Connection] = []

    def query(connection: Connection) -> int | None:
        tries.append(connection)
        if len(tries) == 1:
            lose(database, connection)
            record_now(database, MovedClock(), said("by another program"))
        return connection.scalar(text("SELECT 7"))

    assert own.read(query) == 7
    events = said("mine")
    with pytest.raises(StorageError, match="appended to the log"):
        own.commit(events)
    assert own.resolve_commit() is None
    assert [event.text for event in own.open()] == ["by another program"]
    assert own.commit(events) == []
    assert texts(database) == ["by another program", "mine"]
