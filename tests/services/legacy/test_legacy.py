"""Import from a legacy database: complete, ordered, idempotent, with reasons for rejections."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.db.fulltext import fulltext_of
from app.db.models import AccountRow, EventRow, ImportMarkRow
from app.db.sqlite.legacy import LegacyDatabase
from app.errors import ChatError, DatabaseRefused, NotFound
from app.services import legacy, stats
from app.services.accounts.passwords import verify_password
from app.services.administration import audit
from app.services.history.search import SearchQuery, SearchScope, search_rows
from app.services.rooms.details import get_room_details
from tests.legacy_database import MESSAGES, add, old_database
from tests.services.legacy.imports import Run, counts, said
from tests.story import Story


def test_imported_passwords_are_valid_and_never_in_plain_text(story: Story, run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db", users=[(1, "anna", "tea-for-two")])
    run()
    with story.database.reading() as session:
        account = session.scalars(select(AccountRow)).one()
        assert verify_password(account.password_hash, "tea-for-two")
        assert "tea-for-two" not in str(vars(account))
        assert "tea" not in str(audit.find_latest_entries(session, 10))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("table", ["user", "User"])
@pytest.mark.parametrize("wal", [False, True], ids=["plain", "wal"])
def test_accounts_and_messages_are_imported_in_order(
    table: str, wal: bool, story: Story, run: Run, tmp_path: Path
) -> None:
    old_database(tmp_path / "old.db", table=table, wal=wal)
    before = (tmp_path / "old.db").read_bytes()
    assert counts(run()) == (3, 0, 4, 0, 0)
    entries = said(story)
    assert [(entry.nick, entry.account, entry.text) for entry in entries] == [
        ("anna", "anna", "hello"),
        ("Борис", "Борис", "привет"),
        ("anna", "anna", "same second"),
        ("carol", "carol", "a minute later"),
    ]
    second = 1_700_000_000_000
    assert [entry.at for entry in entries] == [second, second + 1, second + 2, second + 60_000]
    assert (tmp_path / "old.db").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} <= {"old.db", "chat.db", "chat.db-wal", "chat.db-shm"}
    with story.database.reading() as session:
        assert stats.find_problems(session) == []
        assert [trace.action for trace in audit.find_latest_entries(session, 10)] == ["import-legacy"]
        assert get_room_details(session, "#general").created.timestamp() * 1000 == second - 1


@pytest.mark.usefixtures("quick")
def test_imported_messages_are_in_the_full_text_index(story: Story, run: Run, tmp_path: Path) -> None:
    """Imported messages are indexed during the import, so no search has to scan them."""
    old_database(tmp_path / "old.db")
    run()
    with story.database.reading() as session:
        connection = session.connection()
        last = session.scalar(select(func.max(EventRow.id)))
        assert fulltext_of(connection).end(connection) in (last, None)
        assert [row.text for row in search_rows(session, SearchScope(None), SearchQuery("second"), 5)] == [
            "same second"
        ]


@pytest.mark.usefixtures("quick")
def test_second_import_changes_nothing(story: Story, run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db")
    run()
    before = said(story, events=True)
    assert counts(run()) == (0, 3, 0, 4, 0)
    assert counts(run(room="#elsewhere")) == (0, 3, 0, 4, 0)
    assert said(story, events=True) == before


@pytest.mark.usefixtures("quick")
def test_dry_run_changes_nothing_and_reports_the_same(story: Story, run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db")
    report = run(dry_run=True)
    assert counts(report) == (3, 0, 4, 0, 0)
    with story.database.reading() as session:
        assert stats.collect_stats(session).events == 0
        assert session.scalars(select(ImportMarkRow)).all() == []
    assert counts(run()) == counts(report)


@pytest.mark.usefixtures("quick")
def test_file_in_use_is_imported_incrementally(story: Story, run: Run, tmp_path: Path) -> None:
    path = old_database(tmp_path / "old.db", wal=True)
    with closing(sqlite3.connect(path)) as user:
        user.execute("SELECT * FROM user").fetchone()
        assert counts(run()) == (3, 0, 4, 0, 0)
        add(user, messages=[(5, 1_700_000_100, "anna", "one more")])
        assert counts(run()) == (0, 3, 1, 4, 0)
    assert said(story)[-1].text == "one more"


@pytest.mark.usefixtures("quick")
def test_interrupted_import_resumes(
    story: Story, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_database(tmp_path / "old.db")
    monkeypatch.setattr("app.db.sqlite.legacy.PAGE_ROWS", 2)
    messages = LegacyDatabase.messages

    def cut_off(old: LegacyDatabase) -> Iterator[Any]:
        yield next(messages(old))
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(LegacyDatabase, "messages", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert [entry.text for entry in said(story)] == ["hello", "привет"]
    assert counts(run()) == (0, 3, 2, 2, 0)
    second = 1_700_000_000_000
    assert [entry.at - second for entry in said(story)] == [0, 1, 2, 60_000]


@pytest.mark.usefixtures("quick")
def test_existing_room_without_messages_accepts_an_import(story: Story, run: Run, tmp_path: Path) -> None:
    room = story.create_room("#general")
    story.join(story.connect("dave"), "dave", room)
    old_database(tmp_path / "old.db")
    run()
    story.say(room, "dave", "new")
    assert [entry.text for entry in said(story)][-2:] == ["a minute later", "new"]
    assert said(story)[0].at == 1_700_000_000_000
    with story.database.reading() as session:
        assert stats.find_problems(session) == []


@pytest.mark.usefixtures("quick")
def test_room_with_later_messages_is_refused(story: Story, run: Run, tmp_path: Path) -> None:
    story.say(story.create_room("#general"), "dave", "new")
    old_database(tmp_path / "old.db")
    with pytest.raises(ChatError, match="--room '#archive'"):
        run()
    assert counts(run(room="#archive")) == (0, 3, 4, 0, 0)
    assert len(said(story)) == 5


@pytest.mark.usefixtures("quick")
def test_second_file_with_earlier_messages_is_refused(story: Story, run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db")
    run()
    other = old_database(tmp_path / "other.db", users=[], messages=[(1, 1_600_000_000, "zoe", "earlier")])
    with pytest.raises(ChatError, match="later than the next one"):
        run(other)
    newer = old_database(tmp_path / "newer.db", users=[], messages=[(1, 1_700_000_900, "zoe", "later")])
    assert counts(run(newer)) == (0, 0, 1, 0, 0)


@pytest.mark.usefixtures("quick")
def test_times_that_go_back_do_not_change_the_order(story: Story, run: Run, tmp_path: Path) -> None:
    rows = [(1, 1_700_000_000, "anna", "a"), (2, 1_600_000_000, "anna", "b"), (3, 1_700_000_001, "anna", "c")]
    old_database(tmp_path / "old.db", messages=rows)
    run()
    assert [(entry.text, entry.at - 1_700_000_000_000) for entry in said(story)] == [
        ("a", 0),
        ("b", 1),
        ("c", 1000),
    ]


@pytest.mark.usefixtures("quick")
def test_author_may_be_a_user_id(story: Story, run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db", messages=[(1, 1_700_000_000, 2, "x")])
    run()
    assert [(entry.nick, entry.account) for entry in said(story)] == [("Борис", "Борис")]


def test_each_line_becomes_a_message(story: Story, run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db", users=[], messages=[(1, 1_700_000_000, "anna", "one\r\n\ntwo\rthree")])
    assert counts(run()) == (0, 0, 1, 0, 0)
    assert [entry.text for entry in said(story)] == ["one", "two", "three"]


def test_other_account_is_not_credited_with_imported_messages(story: Story, run: Run, tmp_path: Path) -> None:
    story.create_account("anna")
    old_database(tmp_path / "old.db", users=[], messages=MESSAGES)
    run()
    assert {entry.account for entry in said(story)} == {None}


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        LegacyDatabase(tmp_path / "nothing.db")
    (tmp_path / "letter.db").write_text("hello")
    with pytest.raises(DatabaseRefused, match="not an SQLite database"):
        LegacyDatabase(tmp_path / "letter.db")
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE user (UserId INTEGER)")
    with pytest.raises(DatabaseRefused, match="column UserName in the table user"):
        LegacyDatabase(tmp_path / "other.db")


def test_user_digest_does_not_depend_on_the_password() -> None:
    one, two = (legacy.rows.LegacyUser(1, b"anna", password) for password in (b"secret", b"other"))
    assert legacy.rows.row_digest(one) == legacy.rows.row_digest(two)
