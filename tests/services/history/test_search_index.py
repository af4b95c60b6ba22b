"""The search index: its contents after changes, its rebuild, and the work of one step."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from app.db.fulltext import fulltext_of
from app.db.fulltext.sqlite import BYTES_PER_STEP
from app.db.log import Log
from app.db.models import EventRow
from app.events import Event, Kind
from app.events.data import RedactedData
from app.services import stats
from app.services.history.search import SearchScope
from app.services.indexing import BackgroundIndexer
from app.services.record import record
from app.wire.names import caseless
from tests.services.history.test_search import find, index_if_old
from tests.story import Story
from tests.waiting import eventually


@pytest.mark.parametrize("is_old", [False, True], ids=["new", "old"])
def test_redacted_message_is_removed_from_the_index(story: Story, is_old: bool) -> None:
    room = story.create_room("#tea")
    message = Event(Kind.PRIVMSG, room=room, nick="anna", text="Ｇeheimnis")
    story.record(message)
    index_if_old(story, is_old)
    assert find(story, SearchScope((room,)), "geheim") == ["Ｇeheimnis"]
    story.record(Event(Kind.REDACTED, room=room, nick="anna", target="#tea", data=RedactedData(message.id)))
    assert find(story, SearchScope((room,)), "geheim") == []
    index_if_old(story, True)
    with story.database.engine.connect() as connection:
        for candidates in fulltext_of(connection).candidates(["geheim"], newest=True):
            assert not [row.text for row in connection.execute(candidates) if row.text]


def test_sqlite_merges_by_itself_again_after_removed_texts_are_purged(story: Story) -> None:
    if story.database.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has another index")
    room = story.create_room("#tea")
    story.say(room, "anna", *(f"secret {number}" for number in range(50)))
    index_if_old(story, True)
    for found in (0, 4):
        with story.database.locked() as connection:
            fulltext = fulltext_of(connection)
            if found == 0:
                fulltext.remove(connection, [10, 11])
            while found and fulltext.needs_merge(connection):
                fulltext.merge(connection)
            query = "SELECT v FROM spoken_index_config WHERE k = 'automerge'"
            assert connection.exec_driver_sql(query).scalar_one() == found


@pytest.mark.parametrize("is_old", [False, True], ids=["new", "old"])
def test_incomplete_index_is_detected_and_rebuilt(story: Story, is_old: bool) -> None:
    room = story.create_room("#tea")
    story.say(room, "anna", "Привет", "hello there", "ab")
    index_if_old(story, True)
    with story.database.locked() as connection:
        fulltext_of(connection).remove(connection, [2])
    with story.database.reading() as session:
        (problem,) = stats.find_problems(session)
    assert problem.startswith("Message 2 is missing from the full-text index; run chat-admin db reindex")
    assert find(story, SearchScope((room,)), "привет") == []
    fulltext_of(story.database.engine).rebuild(story.database)
    with story.database.reading() as session:
        assert stats.find_problems(session) == []
    assert find(story, SearchScope((room,)), "привет") == ["Привет"]
    index_if_old(story, is_old)
    story.say(room, "anna", "привет again")
    assert find(story, SearchScope((room,)), "ПРИВЕТ") == ["Привет", "привет again"]


def test_index_is_rebuilt_on_both_dialects(story: Story) -> None:
    room = story.create_room("#tea")
    story.say(room, "anna", "hello")
    fulltext_of(story.database.engine).rebuild(story.database)
    assert find(story, SearchScope((room,)), "hello") == ["hello"]


@pytest.mark.parametrize("sizes", [[100_000] * 6, [300_000, 1, 300_000], [1] * 50])
def test_the_index_grows_by_a_bounded_amount_of_text(story: Story, sizes: list[int]) -> None:
    """So that no text, however long or expensive, stalls the engine while it is indexed."""
    if story.database.dialect.name != "sqlite":
        pytest.skip("a step on PostgreSQL is limited in time")
    texts = [f"needle {number} ".ljust(size, "é") for number, size in enumerate(sizes)]
    story.record(*(Event(Kind.PRIVMSG, room=1, nick="anna", text=said) for said in texts))
    with story.database.locked() as connection:
        fulltext, end = fulltext_of(connection), fulltext_of(connection).end(connection)
        last = connection.execute(select(EventRow.id).order_by(EventRow.id.desc())).scalars().first()
        while end is not None and end != last:
            begin, end = end, fulltext.extend(connection)
            rows = select(EventRow.text).where(EventRow.id > begin, EventRow.id <= end)
            step = [len((said or "").encode()) for said in connection.execute(rows).scalars()]
            assert len(step) == 1 or sum(step) <= BYTES_PER_STEP
    assert find(story, SearchScope((1,)), "needle") == texts


def test_postgresql_indexes_beside_the_log_but_not_what_is_being_removed(story: Story) -> None:
    if story.database.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    room = story.create_room("#tea")
    message = Event(Kind.PRIVMSG, room=room, nick="anna", text="secret")
    story.record(message, Event(Kind.PRIVMSG, room=room, nick="anna", text="public"))
    indexer = BackgroundIndexer(story.database, 0)

    def has_indexed() -> bool:
        indexer.extend(observer, message.id + 1)
        return indexer.end > message.id

    redaction = Event(Kind.REDACTED, room=room, nick="anna", target="#tea", data=RedactedData(message.id))
    engine = story.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as observer:  # a transaction would read pg_stat_activity only once
        with story.database.locked() as connection:
            log = Log(story.clock)
            log.seek_to_end(connection)
            record(connection, log, [redaction])
            assert not has_indexed()
            eventually(lambda: is_waiting_for_lock(observer), 10)
        eventually(has_indexed, 10)
        texts = observer.exec_driver_sql("SELECT text FROM spoken_index").scalars().all()
    assert texts == ["public"]


def is_waiting_for_lock(connection: Connection) -> bool:
    """Return whether any session of the database waits for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return bool(connection.exec_driver_sql(query).scalar_one())


def test_postgresql_indexes_while_the_log_is_locked(story: Story) -> None:
    if story.database.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    story.say(story.create_room("#tea"), "anna", "hello")
    indexer = BackgroundIndexer(story.database, 0)
    with story.database.locked() as connection:
        indexer.extend(connection, 2)
        indexer.close()
        indexer.extend(connection, 2)
    assert indexer.end == 2


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.text(st.sampled_from("aA \n\1\\é日\ufdfa\u0301\U0001f375ß%_'"), max_size=12))
def test_postgresql_splits_texts_into_all_trigrams(story: Story, said: str) -> None:
    if story.database.dialect.name != "postgresql":
        pytest.skip("SQLite has a tokenizer of its own")
    folded = caseless(said)
    with story.database.reading() as session:
        found = session.execute(select(func.spoken_trigrams(said))).scalar_one()
    assert sorted(found) == sorted(folded[start : start + 3] for start in range(len(folded) - 2))


def test_a_text_that_expands_is_indexed_in_time_that_grows_with_it(story: Story) -> None:
    """Each character becomes eighteen; counting to each trigram would take a minute."""
    story.record(Event(Kind.PRIVMSG, room=1, nick="anna", text="\ufdfa" * 5_000))
    index_if_old(story, True)
    assert len(find(story, SearchScope((1,)), "\ufdfa\ufdfa")) == 1
