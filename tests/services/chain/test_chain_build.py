"""The hash chain over events from before an upgrade: built in steps, then extended by the log."""

import logging
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import delete, func, select, update

from app.db.chain.build import EVENTS_PER_LINK, build_chain, count_unchained, extend_chain
from app.db.database import Database
from app.db.models import EventCommitmentRow, EventRow, EventTombstoneRow, HashChainRow
from app.engine.upkeep.chain import MIN_STEP_EVENTS, ChainUpkeep
from app.events import Event, Kind
from app.services.ledger.ledger import Ledger
from app.services.ledger.log_upkeep import LogUpkeep
from app.services.verification import verify_chain
from tests.conftest import MovedClock
from tests.services.chain.chained_log import anonymise, erase, redact, remove
from tests.story import Story


def unchain(database: Database) -> None:
    """Remove the chain, as if the database had just been upgraded to have one."""
    with database.locked() as connection:
        for row in (HashChainRow, EventCommitmentRow, EventTombstoneRow):
            connection.execute(delete(row))
        connection.execute(update(EventRow).values(people_salt=None, content_salt=None))


def said(count: int) -> list[Event]:
    """Return messages in a room."""
    return [Event(Kind.PRIVMSG, room=1, nick="anna", text=f"word {number}") for number in range(count)]


@pytest.fixture
def old_log(story: Story) -> Story:
    """A log of 1,300 messages without a chain."""
    story.record(*said(1_300))
    unchain(story.database)
    return story


@pytest.fixture
def ledger(old_log: Story) -> Iterator[Ledger]:
    """A ledger that starts at the end of that log."""
    with closing(Ledger(old_log.database, old_log.clock)) as ledger:
        ledger.start(lambda snapshot: None)
        yield ledger


def last_link(database: Database) -> int | None:
    """Return the position of the last link."""
    with database.snapshot() as connection:
        last: int | None = connection.scalar(select(func.max(HashChainRow.last_id)))
        return last


def test_a_log_without_a_chain_is_not_damaged(old_log: Story) -> None:
    report = verify_chain(old_log.database)
    assert report.findings == []
    assert not report.is_complete
    assert (report.end.last_id, report.last_id) == (0, 1_300)


def test_the_chain_is_built_in_steps(old_log: Story) -> None:
    ticks: list[int] = []
    assert build_chain(old_log.database, old_log.clock, ticks.append) == 1_300 == sum(ticks)
    report = verify_chain(old_log.database)
    assert (report.findings, report.is_complete, report.events) == ([], True, 1_300)
    with old_log.database.snapshot() as connection:
        assert count_unchained(connection) == 0
        assert len(connection.execute(select(HashChainRow.last_id)).all()) == -(-1_300 // EVENTS_PER_LINK)
    assert build_chain(old_log.database, old_log.clock) == 0


def test_an_interrupted_build_continues(old_log: Story) -> None:
    for _ in range(3):
        with old_log.database.locked() as connection:
            extend_chain(connection, old_log.clock, 300)
        with old_log.database.connect_to_append() as connection, connection.begin() as transaction:
            extend_chain(connection, old_log.clock, 300)
            transaction.rollback()
        old_log.record(*said(2))
        report = verify_chain(old_log.database)
        assert (report.findings, report.is_complete) == ([], False)
    assert report.end.last_id == 900
    assert build_chain(old_log.database, old_log.clock) == 406
    assert verify_chain(old_log.database).findings == []


def test_events_are_erased_and_removed_during_the_build(old_log: Story) -> None:
    with old_log.database.locked() as connection:
        extend_chain(connection, old_log.clock, 300)
    for first in (290, 500):
        remove(old_log.database, list(range(first, first + 20)))
        redact(old_log, first + 21)
        anonymise(old_log.database, [first + 22])
        erase(old_log.database, [first + 23])
    remove(old_log.database, list(range(560, 560 + 2 * EVENTS_PER_LINK)))
    build_chain(old_log.database, old_log.clock)
    report = verify_chain(old_log.database)
    assert (report.findings, report.is_complete) == ([], True)
    assert report.removed == 40 + 2 * EVENTS_PER_LINK


def test_new_batches_are_chained_once_the_build_has_caught_up(
    old_log: Story, ledger: Ledger, clock: MovedClock
) -> None:
    """The engine never idles, and more events are appended than its smallest steps could chain."""
    upkeep, database = ChainUpkeep(LogUpkeep(ledger, clock), clock), old_log.database
    for count in (400, 1_000, 600):
        ledger.open()
        ledger.commit(said(count))
        assert last_link(database) != ledger.last_id
        upkeep.run(lambda: False)
    for count in (700, 1):
        ledger.open()
        ledger.commit(said(count))
        assert last_link(database) == ledger.last_id
    report = verify_chain(database)
    assert (report.findings, report.is_complete, report.events) == ([], True, 4_001)


def test_an_idle_engine_builds_the_chain_at_once(old_log: Story, ledger: Ledger, clock: MovedClock) -> None:
    ChainUpkeep(LogUpkeep(ledger, clock), clock).run(lambda: True)
    assert ledger.log.is_chained
    assert last_link(old_log.database) == 1_300 > 2 * MIN_STEP_EVENTS


def test_another_program_may_finish_the_build(old_log: Story, ledger: Ledger, clock: MovedClock) -> None:
    build_chain(old_log.database, old_log.clock)
    ledger.open()
    ledger.commit(said(2))
    old_log.record(*said(1))
    assert [event.text for event in ledger.open()] == ["word 0"]
    ledger.commit(said(1))
    ChainUpkeep(LogUpkeep(ledger, clock), clock).run(lambda: False)
    report = verify_chain(old_log.database)
    assert (report.findings, report.is_complete, report.last_id) == ([], True, 1_304)


def test_events_that_were_added_without_digests_are_reported_once(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    story.record(*said(3))
    with story.database.locked() as connection:
        connection.execute(
            EventRow.__table__.insert().from_select(
                ["id", "kind", "at", "nick", "user", "host"],
                select(
                    EventRow.id + 1, EventRow.kind, EventRow.at, EventRow.nick, EventRow.user, EventRow.host
                ).where(EventRow.id == 3),
            )
        )
    [finding] = verify_chain(story.database).findings
    assert (finding.first, finding.last) == (4, 4)
    with caplog.at_level(logging.WARNING):
        build_chain(story.database, story.clock)
    assert caplog.messages == ["Another program added the events 4 to 4 to the log, without digests."]
    assert verify_chain(story.database).findings == []


def test_a_lost_link_is_made_again_over_erased_events(story: Story) -> None:
    story.record(*said(3))
    story.record(*said(3))
    anonymise(story.database, [5])
    erase(story.database, [6])
    with story.database.locked() as connection:
        connection.execute(delete(HashChainRow).where(HashChainRow.last_id == 6))
    [finding] = verify_chain(story.database).findings
    assert (finding.first, finding.last) == (4, 6)
    build_chain(story.database, story.clock)
    assert verify_chain(story.database).findings == []
