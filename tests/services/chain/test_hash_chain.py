"""The hash chain verifies after any append, erasure or removal, and after nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Table, insert, select, update

from app.db.chain.digests import START
from app.db.chain.links import Position, read_head
from app.db.chain.removal import remove_events
from app.db.models import EventCommitmentRow, EventRow, EventTombstoneRow, HashChainRow
from app.services.stats import find_problems
from app.services.verification import ChainReport, verify_chain, verify_snapshot
from tests.services.chain.chained_log import anonymise, erase, make_log, redact, remove
from tests.story import Story

EVENT = EventRow.__table__
CHAIN = HashChainRow.__table__
COMMITMENT = EventCommitmentRow.__table__
TOMBSTONE = EventTombstoneRow.__table__
NOT_COVERED = ("batch", "is_partial")  # they are not about what was said


def rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    """Return the rows of a table in the order of its key."""
    key = next(iter(table.primary_key))
    return [dict(row._mapping) for row in connection.execute(select(table).order_by(key))]


def finds(report: ChainReport, position: int) -> bool:
    """Whether a finding names this position."""
    return any(finding.first <= position <= finding.last for finding in report.findings)


def changed(value: Any) -> Any:
    """Return another value of the same type."""
    match value:
        case int():
            return value + 1
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:]
        case dict():
            return {**value, "forged": True}
    return f"{value or ''}!"


def changed_cell(column: Column[Any], value: Any) -> Any:
    """Return another value for a column."""
    if value is not None:
        return changed(value)
    samples: dict[type, Any] = {int: 7, bytes: bytes(32), object: {"forged": True}, str: "forged"}
    return samples[column.type.python_type]


def position_of(table: Table, row: dict[str, Any]) -> int:
    """Return the position of a row's event, or of the end of its batch."""
    return int(row[next(iter(table.primary_key)).name])


def test_a_log_with_erased_and_removed_events_verifies(story: Story) -> None:
    make_log(story)
    report = verify_chain(story.database)
    assert report.findings == []
    assert report.is_complete
    assert (report.end.last_id, report.events, report.removed, report.erased) == (21, 16, 5, 6)
    with story.database.engine.connect() as connection:
        assert report.end == read_head(connection)
        links = {row["last_id"]: row["rows_digest"] is not None for row in rows(connection, CHAIN)}
        tombstones = [row["event_id"] for row in rows(connection, TOMBSTONE)]
    assert list(links) == [1, 5, 6, 7, 8, 9, 12, 13, 16, 20, 21]
    assert [last for last, is_removed in links.items() if is_removed] == [16]
    assert tombstones == [4, 11]


def test_positions_of_removed_events_are_not_gaps(story: Story) -> None:
    make_log(story)
    with story.database.reading() as session:
        assert find_problems(session) == []
        session.execute(TOMBSTONE.delete().where(TOMBSTONE.c.event_id == 11))
        assert find_problems(session) == ["The log has a gap between event 10 and event 12."]
        session.execute(update(CHAIN).values(rows_digest=None))
        assert find_problems(session)[1:] == ["The log has a gap between event 13 and event 17."]


def test_erasure_leaves_neither_value_nor_salt(story: Story) -> None:
    make_log(story)
    with story.database.engine.connect() as connection:
        events = {row["id"]: row for row in rows(connection, EVENT)}
        commitments = {row["event_id"]: row for row in rows(connection, COMMITMENT)}
    assert {3, 6, 10, 17} == {number for number, row in events.items() if row["content_salt"] is None}
    assert {3, 9, 12} == {number for number, row in events.items() if row["people_salt"] is None}
    assert commitments.keys() == {3, 6, 9, 10, 12, 17}
    assert None not in commitments[3].values()
    assert events[6]["text"] == ""


@pytest.mark.parametrize("table", [EVENT, CHAIN, COMMITMENT, TOMBSTONE], ids=lambda table: table.name)
def test_each_altered_value_is_found(story: Story, table: Table) -> None:
    make_log(story)
    with story.database.engine.connect() as connection:
        erased = {
            (row["id"], column)
            for row in rows(connection, EVENT)
            for salt, columns in ERASED.items()
            if row[salt] is None
            for column in columns
        }
        for row in rows(connection, table):
            position = position_of(table, row)
            for column in table.columns:
                if column.name in NOT_COVERED or column.primary_key or (position, column.name) in erased:
                    continue
                value = changed_cell(column, row[column.name])
                key = next(iter(table.primary_key))
                connection.execute(update(table).where(key == position).values({column: value}))
                assert finds(verify_snapshot(connection), position), (column.name, row)
                connection.rollback()


ERASED = {  # what no longer counts once a salt is gone; a text must stay empty
    "people_salt": ("session_id", "nick", "user", "host", "account", "target"),
    "content_salt": ("data",),
}


@pytest.mark.parametrize("table", [EVENT, CHAIN, COMMITMENT, TOMBSTONE], ids=lambda table: table.name)
def test_each_lost_row_is_found(story: Story, table: Table) -> None:
    make_log(story)
    with story.database.engine.connect() as connection:
        for row in rows(connection, table):
            position = position_of(table, row)
            connection.execute(table.delete().where(next(iter(table.primary_key)) == position))
            assert finds(verify_snapshot(connection), position), row
            connection.rollback()


def insertions(connection: Connection) -> Iterator[tuple[int, Table, dict[str, Any]]]:
    """Yield rows to insert, each with its position."""
    last = rows(connection, EVENT)[-1]
    for number in (4, 11, 15, 22):
        yield number, EVENT, {**last, "id": number}
        yield number, EVENT, {**last, "id": number, "people_salt": None, "content_salt": None}
    for number in (2, 15):
        yield number, TOMBSTONE, {"event_id": number, "digest": bytes(32)}
    for number in (2, 4, 15):
        yield number, COMMITMENT, {"event_id": number, "people": None, "content": bytes(32)}
    for number in (2, 15, 22):
        yield number, CHAIN, {"last_id": number, "digest": bytes(32)}


def test_each_inserted_row_is_found(story: Story) -> None:
    make_log(story)
    with story.database.engine.connect() as connection:
        for position, table, row in list(insertions(connection)):
            connection.rollback()
            connection.execute(insert(table).values(row))
            assert finds(verify_snapshot(connection), position), (table.name, position)
            connection.rollback()


@pytest.mark.parametrize(("one", "other"), [(2, 5), (18, 19), (7, 8), (1, 21)])
def test_exchanged_events_are_found(story: Story, one: int, other: int) -> None:
    make_log(story)
    with story.database.engine.connect() as connection:
        stored = {row.pop("id"): row for row in rows(connection, EVENT)}
        for position, values in ((one, stored[other]), (other, stored[one])):
            connection.execute(update(EVENT).where(EVENT.c.id == position).values(values))
        report = verify_snapshot(connection)
    assert finds(report, one)
    assert finds(report, other)


def test_a_rewritten_chain_is_not_the_one_whose_digest_is_known(story: Story) -> None:
    """Whoever may write to the database can compute a new chain, but not the one that was noted."""
    room = make_log(story)
    with story.database.snapshot() as connection:
        noted = read_head(connection)
    story.say(room, "anna", "more")
    assert verify_chain(story.database, [noted]).findings == []
    forged = Position(noted.last_id, bytes(32))
    [finding] = verify_chain(story.database, [forged]).findings
    assert (finding.first, finding.last) == (1, 21)
    for position in (15, 23):
        [finding] = verify_chain(story.database, [Position(position, noted.digest)]).findings
        assert finding.first == position


def test_an_empty_log_verifies(story: Story) -> None:
    report = verify_chain(story.database)
    assert (report.end, report.is_complete, report.findings) == (Position(0, START), True, [])


def test_the_last_event_cannot_be_removed(story: Story) -> None:
    make_log(story)
    with story.database.engine.connect() as connection, pytest.raises(ValueError, match="last event"):
        remove_events(connection, [20, 21])
    assert verify_chain(story.database).events == 16


STEPS = st.one_of(
    st.tuples(st.just("say"), st.integers(1, 5)),
    st.tuples(st.sampled_from(["redact", "anonymise", "erase", "remove"]), st.sets(st.integers(0, 30))),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=8))
def test_any_sequence_of_operations_verifies(story: Story, steps: list[tuple[str, Any]]) -> None:
    """The examples share a log. Numbers count back from the end of the log."""
    story.say(1, "anna", "start")
    for name, argument in steps:
        perform(story, name, argument)
    report = verify_chain(story.database)
    assert report.findings == []
    assert report.is_complete


def perform(story: Story, name: str, argument: Any) -> None:
    """Perform an operation on the log."""
    if name == "say":
        story.say(1, "anna", *map(str, range(argument)))
        return
    with story.database.snapshot() as connection:
        last = rows(connection, EVENT)[-1]["id"]
    ids = [last - number for number in argument if 0 < last - number < last + (name != "remove")]
    if name == "redact":
        for number in ids[:2]:
            redact(story, number)
    else:
        {"anonymise": anonymise, "erase": erase, "remove": remove}[name](story.database, ids)
