"""A copy equals its source, table by table, also if it was interrupted and the source changed."""

from contextlib import closing
from itertools import islice

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, insert, select, update

from app.db.database import Database
from app.db.migration import schema
from app.db.models import AuditRow, EventRow
from app.errors import DatabaseRefused, StorageError
from app.events import Event, Kind
from app.events.data import RedactedData
from app.services.checks.database import check_contents
from app.services.copying import CopyTarget, open_snapshot
from app.services.copying.whole import copy_new_rows
from app.services.history.search import SearchQuery, SearchScope, search
from app.services.indexing import complete_index
from tests.conftest import DIALECTS, MovedClock
from tests.services.copying.conftest import Create, copy
from tests.services.copying.contents import Contents, contents, fill, read, replace
from tests.story import Story

PAIRS = [("sqlite", "postgresql"), ("postgresql", "sqlite"), ("sqlite", "sqlite")]
few_examples = settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.usefixtures("small_pages")
@few_examples
@given(made=contents())
def test_a_round_trip_through_postgresql_changes_nothing(create: Create, made: Contents) -> None:
    source, middle, target = create("sqlite"), create("postgresql"), create("sqlite")
    fill(source, made)
    first, second = copy(source, middle), copy(middle, target)
    assert read(source) == read(middle) == read(target)
    assert first == second
    assert {table.table: table.rows for table in first.tables} == {name: len(made[name]) for name in made}


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("pair", PAIRS)
@few_examples
@given(before=contents(), after=contents(), pages=st.integers(0, 5))
def test_a_copy_continues_after_any_page_and_any_change_of_the_source(
    create: Create, pair: tuple[str, str], before: Contents, after: Contents, pages: int
) -> None:
    source, target = map(create, pair)
    fill(source, before)
    with open_snapshot(source) as snapshot:
        list(islice(copy_new_rows(snapshot, CopyTarget(target, str(source))), pages))
    assert schema.inspect_database(target)[0] is schema.DatabaseState.UNFINISHED
    replace(source, after)
    copy(source, target)
    assert read(target) == read(source)


@pytest.mark.parametrize("pair", PAIRS)
def test_a_copy_is_a_database_that_a_server_can_use(
    create: Create, pair: tuple[str, str], clock: MovedClock
) -> None:
    source, target = map(create, pair)
    story = Story(source, clock)
    story.create_account("anna")
    room = story.create_room("#tea")
    story.say(room, "anna", "Привет, мир", "nothing else")
    with source.locked() as connection:
        connection.execute(insert(AuditRow), [{"at": 1, "actor": "a", "action": "b", "target": ""}] * 3)
    copy(source, target)
    assert schema.prepare_database(target) is None
    with target.reading() as session:
        assert [result.findings for result in check_contents(target, session) if result.findings] == []
    with target.locked() as connection:
        connection.execute(insert(AuditRow), [{"at": 1, "actor": "a", "action": "b", "target": ""}])
    Story(target, clock).say(room, "anna", "one more")
    assert len(read(target)["event"]) == len(read(source)["event"]) + 1


@pytest.mark.parametrize("pair", PAIRS)
def test_searches_find_the_same_on_a_copy_before_and_after_it_is_indexed(
    create: Create, pair: tuple[str, str], clock: MovedClock
) -> None:
    source, target = map(create, pair)
    story = Story(source, clock)
    room = story.create_room("#tea")
    story.say(room, "anna", "the secret", "the kettle", "Чайник, the teapot", "ab")
    complete_index(source)
    with open_snapshot(source) as snapshot:
        list(copy_new_rows(snapshot, CopyTarget(target, str(source))))
    ((message, _),) = _search(story, room, "secret")
    story.record(Event(Kind.REDACTED, room=room, nick="anna", target="#tea", data=RedactedData(message)))
    story.say(room, "anna", "the samovar")
    copy(source, target)
    copied = Story(target, clock)
    words = ("secret", "kettle", "чайник", "ab", "samovar", "the")
    for _ in range(2):
        assert [_search(copied, room, one) for one in words] == [_search(story, room, one) for one in words]
        complete_index(target)
    assert [len(_search(copied, room, one)) for one in words] == [0, 1, 1, 1, 1, 3]


def _search(story: Story, room: int, words: str) -> list[tuple[int, str | None]]:
    with story.database.reading() as session:
        found = search(session, SearchScope((room,)), SearchQuery(words), limit=50)
    return [(event.id, event.text) for event in found]


def test_the_schema_of_a_missing_database_is_created(
    empty_url: URL, create: Create, clock: MovedClock
) -> None:
    source = create("sqlite")
    Story(source, clock).create_account("anna")
    with closing(Database(empty_url)) as target:
        copy(source, target)
        assert read(target) == read(source)


def test_a_database_with_any_row_is_refused(database: Database, create: Create, clock: MovedClock) -> None:
    Story(database, clock).create_account("anna")
    before = read(database)
    with pytest.raises(DatabaseRefused, match="already contains a chat; nothing was changed"):
        copy(create("sqlite"), database)
    assert read(database) == before
    assert schema.inspect_database(database)[0] is schema.DatabaseState.CURRENT


def test_an_unfinished_copy_belongs_to_its_source(database: Database) -> None:
    CopyTarget(database, "one.db")
    with pytest.raises(DatabaseRefused, match=r"unfinished copy of one\.db; nothing was changed"):
        CopyTarget(database, "other.db")
    with pytest.raises(DatabaseRefused, match="unfinished copy of another database"):
        schema.prepare_database(database)


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"text": "a\0b"}, "NUL"), ({"nick": "n" * 129}, "too long"), ({"kind": "k" * 25}, "too long")],
)
def test_a_row_that_postgresql_cannot_store_is_named(
    create: Create, clock: MovedClock, values: dict[str, str], reason: str
) -> None:
    source, target = create("sqlite"), create("postgresql")
    story = Story(source, clock)
    story.say(story.create_room("#tea"), "anna", "one", "two", "three")
    with source.locked() as connection:
        connection.execute(update(EventRow).where(EventRow.id == 3).values(**values))
    with pytest.raises(StorageError, match=f"The row 3 of the table event cannot be stored .*{reason}"):
        copy(source, target)
    with source.locked() as connection:
        connection.execute(update(EventRow).where(EventRow.id == 3).values(nick="n", kind="void", text=None))
    copy(source, target)
    with target.engine.connect() as connection:
        assert connection.scalars(select(EventRow.id).order_by(EventRow.id)).all() == [1, 2, 3, 4]


def test_every_table_is_copied_on_both_sides_of_the_split() -> None:
    from app.db.models import Base
    from app.services.copying.tables import all_tables, independent_tables, linked_tables

    assert {table.name for table in all_tables()} == set(Base.metadata.tables)
    assert {*independent_tables(), *linked_tables()} == set(all_tables())
    assert DIALECTS == ("sqlite", "postgresql")
