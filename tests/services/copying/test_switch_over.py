"""The switch-over: a server that runs is followed, and what it wrote until its end is copied."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from sqlalchemy import Connection, event, select, update

from app.clock import Clock
from app.db.copying import copy_state
from app.db.database import Database, parse_database_url
from app.db.migration import schema
from app.db.models import AccountRow, AuditRow, EventRow
from app.errors import DatabaseRefused, StorageError
from app.services.administration import audit
from app.services.copying import CopyTarget, SwitchOver, claimed_target
from app.services.copying.switch_over import claimed
from tests.conftest import MovedClock
from tests.services.copying.conftest import Create
from tests.services.copying.contents import Contents, contents, fill, read, replace
from tests.services.copying.test_copying import PAIRS, few_examples
from tests.story import Story


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the PostgreSQL session of a killed server to end."""
    from app.db.postgresql import claim

    monkeypatch.setattr(claim, "CLAIM_WAIT_SECONDS", 0.0)


def record(connection: Connection) -> None:
    """Add an audit entry to the finished copy."""
    audit.append(connection, audit.make_audit_row(Clock(), "me", "db.copy"))


def switch_over(source: Database, target: Database) -> SwitchOver:
    """Return a new switch-over, as each run of the command creates one."""
    return SwitchOver(source, CopyTarget(target, "source"), lambda rows: None)


@contextmanager
def running_server(source: Database) -> Iterator[None]:
    """Hold the claim of a server on the source."""
    source.close()
    with claimed(source.url):
        yield
        source.close()


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("pair", PAIRS)
@few_examples
@given(before=contents(), after=contents())
def test_everything_written_until_the_end_is_copied(
    create: Create, pair: tuple[str, str], before: Contents, after: Contents
) -> None:
    source, target = map(create, pair)
    fill(source, before)
    with running_server(source):
        moving = switch_over(source, target)
        assert moving.finish_if_stopped(record) is None
        moving.catch_up()
        assert read(target) == read(source)
        replace(source, after)
        moving.follow()
        assert moving.finish_if_stopped(record) is None
    report = moving.finish_if_stopped(record)
    assert report is not None
    copied = read(target)
    assert [row["action"] for row in copied["audit"] if row["actor"] == "me"][-1] == "db.copy"
    copied["audit"] = [row for row in copied["audit"] if row["action"] != "db.copy"]
    assert copied == read(source)


@pytest.mark.parametrize("pair", PAIRS)
def test_messages_keep_their_order_and_positions(
    create: Create, pair: tuple[str, str], clock: MovedClock
) -> None:
    source, target = map(create, pair)
    story = Story(source, clock)
    room = story.create_room("#tea")
    with running_server(source):
        moving = switch_over(source, target)
        for number in range(3):
            story.say(room, "anna", f"{number} a", f"{number} b")
            moving.follow()
        moving.catch_up()
        story.say(room, "anna", "last")
    assert moving.finish_if_stopped(record) is not None
    assert _log(target) == _log(source)
    Story(target, clock).say(room, "anna", "after the move")
    assert [position for position, *_ in _log(target)] == list(range(1, len(_log(source)) + 2))


@pytest.mark.parametrize("pair", PAIRS)
def test_references_to_a_changed_row_are_kept(
    create: Create, pair: tuple[str, str], clock: MovedClock
) -> None:
    source, target = map(create, pair)
    story = Story(source, clock)
    story.create_account("anna")
    founder = read(source)["account"][0]["id"]
    story.create_room("#tea", official=False, founder=founder)
    with running_server(source):
        switch_over(source, target).catch_up()
        with source.locked() as connection:
            connection.execute(update(AccountRow).values(last_seen=5))
    assert switch_over(source, target).finish_if_stopped(record) is not None
    assert read(target)["room"] == read(source)["room"]
    assert read(target)["room"][0]["founder_id"] == founder


def _log(database: Database) -> list[tuple[int, int, str | None]]:
    with database.engine.connect() as connection:
        query = select(EventRow.id, EventRow.at, EventRow.text).order_by(EventRow.id)
        return [tuple(row) for row in connection.execute(query)]


@pytest.mark.parametrize("pair", PAIRS)
def test_nothing_starts_on_a_target_before_it_is_finished(
    create: Create, pair: tuple[str, str], clock: MovedClock
) -> None:
    source, target = map(create, pair)
    Story(source, clock).create_account("anna")
    with running_server(source):
        switch_over(source, target).catch_up()
        with pytest.raises(DatabaseRefused, match="is an unfinished copy of another database"):
            schema.prepare_database(target)
    assert switch_over(source, target).finish_if_stopped(record) is not None
    assert schema.prepare_database(target) is None
    with target.engine.connect() as connection:
        assert not copy_state.exists(connection)
        assert connection.scalars(select(AuditRow.action)).all() == ["db.copy"]


def test_two_copies_to_one_target_exclude_each_other(database: Database) -> None:
    with claimed_target(database):
        other = Database(database.url)
        with pytest.raises(DatabaseRefused), claimed_target(other):
            pass
        other.close()


def test_a_full_target_keeps_what_was_copied(create: Create, tmp_path: Path, clock: MovedClock) -> None:
    source = create("sqlite")
    story = Story(source, clock)
    room = story.create_room("#tea")
    story.say(room, "anna", *(f"{number} {'x' * 2000}" for number in range(2_500)))
    target = create("sqlite")
    is_refused = pytest.raises(StorageError, match=r"was interrupted \(database or disk is full\)")
    with _pages_limited(target, 2_300), is_refused:
        switch_over(source, target).finish_if_stopped(record)
    with target.engine.connect() as connection:
        assert connection.scalar(select(EventRow.id).order_by(EventRow.id.desc())) == 2_000
    assert switch_over(source, target).finish_if_stopped(record) is not None
    assert _log(target) == _log(source)


@contextmanager
def _pages_limited(database: Database, pages: int) -> Iterator[None]:
    """Let the database file grow to a number of pages only, as on a full disk."""

    def limit(connection: object, record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

    event.listen(database.engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(database.engine, "connect", limit)
        database.close()


def test_a_missing_target_is_created_with_private_files(
    create: Create, tmp_path: Path, clock: MovedClock
) -> None:
    source = create("sqlite")
    Story(source, clock).create_account("anna")
    target = Database(parse_database_url(str(tmp_path / "moved.db")))
    with claimed_target(target):
        assert switch_over(source, target).finish_if_stopped(record) is not None
    assert (tmp_path / "moved.db").stat().st_mode & 0o777 == 0o600
    assert len(read(target)["account"]) == 1
    target.close()
