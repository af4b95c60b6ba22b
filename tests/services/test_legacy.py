"""Coming from the program this one replaces: everything once, in order, and every refusal with its reason."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.db.legacy import OldDatabase
from app.db.models import Account, ImportMark
from app.errors import ChatError, DatabaseRefused, NotFound
from app.services import audit, legacy, rooms, stats
from app.services.accounts import is_password
from app.services.history import Entry, History, Selection
from app.services.legacy import Import, Report, importing
from app.services.legacy.rows import Limits
from tests.old_program import MESSAGES, add, old_database
from tests.story import SECRET, Story

Run = Callable[..., Report]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing takes its time; only one test needs it done."""
    monkeypatch.setattr(importing, "protect", lambda password: SECRET)


@pytest.fixture
def run(story: Story, tmp_path: Path) -> Run:
    """Import a file into the story's database."""

    def import_(path: Path = tmp_path / "old.db", room: str = "#general", dry_run: bool = False) -> Report:
        with closing(OldDatabase(path)) as old:
            limits = Limits(nick_length=32, message_bytes=4096, now=story.clock.now())
            return Import(old, story.database, story.clock, room, limits, "admin:me", "server", dry_run).run()

    return import_


def said(story: Story, **wanted: Any) -> list[Entry]:
    """Return everything that was said."""
    return list(History(story.database, Selection(**wanted)).entries())


def counts(report: Report) -> tuple[int, int, int, int, int]:
    """Return a report in short."""
    return (
        report.accounts_taken,
        report.accounts_known,
        report.messages_taken,
        report.messages_known,
        len(report.refused),
    )


def test_passwords_still_work_and_are_nowhere_in_clear(story: Story, run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db", users=[(1, "anna", "tea-for-two")])
    run()
    with story.database.reading() as session:
        account = session.scalars(select(Account)).one()
        assert is_password(account.password_hash, "tea-for-two")
        assert "tea-for-two" not in str(vars(account))
        assert "tea" not in str(audit.latest(session, 10))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("table", ["user", "User"])
@pytest.mark.parametrize("wal", [False, True], ids=["plain", "wal"])
def test_accounts_and_messages_come_over_in_order(
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
        assert stats.problems(session) == []
        assert [trace.action for trace in audit.latest(session, 10)] == ["import-legacy"]
        assert rooms.details(session, "#general").created.timestamp() * 1000 == second - 1


@pytest.mark.usefixtures("quick")
def test_a_second_run_changes_nothing(story: Story, run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db")
    run()
    before = said(story, events=True)
    assert counts(run()) == (0, 3, 0, 4, 0)
    assert counts(run(room="#elsewhere")) == (0, 3, 0, 4, 0)
    assert said(story, events=True) == before


@pytest.mark.usefixtures("quick")
def test_a_rehearsal_changes_nothing_and_tells_the_same(story: Story, run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db")
    report = run(dry_run=True)
    assert counts(report) == (3, 0, 4, 0, 0)
    with story.database.reading() as session:
        assert stats.stats(session).events == 0
        assert session.scalars(select(ImportMark)).all() == []
    assert counts(run()) == counts(report)


@pytest.mark.usefixtures("quick")
def test_a_file_in_use_is_read_and_what_is_added_later_follows(
    story: Story, run: Run, tmp_path: Path
) -> None:
    path = old_database(tmp_path / "old.db", wal=True)
    with closing(sqlite3.connect(path)) as user:
        user.execute("SELECT * FROM user").fetchone()
        assert counts(run()) == (3, 0, 4, 0, 0)
        add(user, messages=[(5, 1_700_000_100, "anna", "one more")])
        assert counts(run()) == (0, 3, 1, 4, 0)
    assert said(story)[-1].text == "one more"


@pytest.mark.usefixtures("quick")
def test_an_import_cut_off_goes_on_where_it_stopped(
    story: Story, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_database(tmp_path / "old.db")
    monkeypatch.setattr("app.db.legacy.PAGE", 2)
    messages = OldDatabase.messages

    def cut_off(old: OldDatabase) -> Iterator[Any]:
        yield next(messages(old))
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(OldDatabase, "messages", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert [entry.text for entry in said(story)] == ["hello", "привет"]
    assert counts(run()) == (0, 3, 2, 2, 0)
    second = 1_700_000_000_000
    assert [entry.at - second for entry in said(story)] == [0, 1, 2, 60_000]


@pytest.mark.usefixtures("quick")
def test_a_room_made_and_entered_before_takes_old_messages(story: Story, run: Run, tmp_path: Path) -> None:
    room = story.room("#general")
    story.joins(story.connects("dave"), "dave", room)
    old_database(tmp_path / "old.db")
    run()
    story.says(room, "dave", "new")
    assert [entry.text for entry in said(story)][-2:] == ["a minute later", "new"]
    assert said(story)[0].at == 1_700_000_000_000
    with story.database.reading() as session:
        assert stats.problems(session) == []


@pytest.mark.usefixtures("quick")
def test_a_room_with_later_messages_is_refused(story: Story, run: Run, tmp_path: Path) -> None:
    story.says(story.room("#general"), "dave", "new")
    old_database(tmp_path / "old.db")
    with pytest.raises(ChatError, match="--room '#archive'"):
        run()
    assert counts(run(room="#archive")) == (0, 3, 4, 0, 0)
    assert len(said(story)) == 5


@pytest.mark.usefixtures("quick")
def test_another_old_file_is_not_squeezed_behind_the_first(story: Story, run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db")
    run()
    other = old_database(tmp_path / "other.db", users=[], messages=[(1, 1_600_000_000, "zoe", "earlier")])
    with pytest.raises(ChatError, match="later than the next one"):
        run(other)
    newer = old_database(tmp_path / "newer.db", users=[], messages=[(1, 1_700_000_900, "zoe", "later")])
    assert counts(run(newer)) == (0, 0, 1, 0, 0)


@pytest.mark.usefixtures("quick")
def test_a_clock_that_was_set_back_does_not_change_the_order(story: Story, run: Run, tmp_path: Path) -> None:
    rows = [(1, 1_700_000_000, "anna", "a"), (2, 1_600_000_000, "anna", "b"), (3, 1_700_000_001, "anna", "c")]
    old_database(tmp_path / "old.db", messages=rows)
    run()
    assert [(entry.text, entry.at - 1_700_000_000_000) for entry in said(story)] == [
        ("a", 0),
        ("b", 1),
        ("c", 1000),
    ]


BAD_USERS = [
    ((1, "x y", "password"), "SPACE cannot be part"),
    ((1, "pаypal", "password"), "mixes"),
    ((1, None, "password"), "name is missing"),
    ((1, "", "password"), "name is empty"),
    ((1, b"\xff\xfe", "password"), "name is not UTF-8"),
    ((1, "x" * 99, "password"), "longer than"),
    ((1, "zoe", None), "password is missing"),
    ((1, "zoe", ""), "password is empty"),
    ((1, "zoe", "a\nb"), "control character"),
    ((1, "zoe", "x" * 700), "too long"),
    ((1, "taken", "password"), "an account taken already"),
    ((1, "TAKEN", "password"), "an account TAKEN already"),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("row", "reason"), BAD_USERS)
def test_a_user_that_cannot_be_taken_is_reported(
    row: tuple[Any, ...], reason: str, story: Story, run: Run, tmp_path: Path
) -> None:
    story.account("taken")
    old_database(tmp_path / "old.db", users=[row, (2, "fine", "password")], messages=[])
    report = run()
    assert counts(report) == (1, 0, 0, 0, 1)
    (refusal,) = report.refused
    assert (refusal.table, refusal.id) == ("user", "1")
    assert reason in refusal.reason
    assert not (isinstance(row[2], str) and row[2] and row[2] in refusal.reason.replace("The password", ""))


@pytest.mark.usefixtures("quick")
def test_of_two_spellings_of_one_name_the_first_is_taken(run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db", users=[(1, "Anna", "pass-1"), (2, "aNNa", "pass-2")], messages=[])
    assert counts(run()) == (1, 0, 0, 0, 1)
    assert counts(run()) == (0, 1, 0, 0, 1)


BAD_MESSAGES = [
    ((1, None, "anna", "x"), "time is missing"),
    ((1, 0, "anna", "x"), "before 1970"),
    ((1, -5, "anna", "x"), "before 1970"),
    ((1, 99_999_999_999, "anna", "x"), "in the future"),
    ((1, 1e300, "anna", "x"), "in the future"),
    ((1, float("inf"), "anna", "x"), "not a number"),
    ((1, "soon", "anna", "x"), "not a number"),
    ((1, b"\xff", "anna", "x"), "not a number"),
    ((1, 5, None, "x"), "author is missing"),
    ((1, 5, "anna", None), "text is missing"),
    ((1, 5, "anna", " \n "), "text is empty"),
    ((1, 5, "anna", b"\xff\xfe"), "text is not UTF-8"),
    ((1, 5, "anna", b"a\0b"), "NUL"),
    ((1, 5, "anna", "я" * 2049), "4098 bytes long"),
]


@pytest.mark.parametrize(("row", "reason"), BAD_MESSAGES)
def test_a_message_that_cannot_be_taken_is_reported(
    row: tuple[Any, ...], reason: str, run: Run, story: Story, tmp_path: Path
) -> None:
    old_database(tmp_path / "old.db", users=[], messages=[row, (2, 1_700_000_000, "anna", "fine")])
    report = run()
    assert counts(report) == (0, 0, 1, 0, 1)
    assert reason in report.refused[0].reason
    assert [entry.text for entry in said(story)] == ["fine"]


AUTHORS = [
    ("John Smith", "John_Smith"),
    ("a!b@c", "a_b_c"),
    (":#x", "_x"),
    ("  ", None),
    ("3po", "3po"),
    (42, "42"),
    ("x" * 200, "x" * 64),
]


@pytest.mark.parametrize(("author", "nick"), AUTHORS)
def test_authors_are_kept_as_spelled_where_a_line_allows_it(
    author: str, nick: str | None, story: Story, run: Run, tmp_path: Path
) -> None:
    old_database(tmp_path / "old.db", users=[], messages=[(1, 1_700_000_000, author, "x")])
    report = run()
    assert [entry.nick for entry in said(story)] == ([str(author)] if nick else [])
    assert report.renamed == ({} if nick in (None, str(author)) else {author: nick})


@pytest.mark.usefixtures("quick")
def test_an_author_may_be_a_users_number(story: Story, run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db", messages=[(1, 1_700_000_000, 2, "x")])
    run()
    assert [(entry.nick, entry.account) for entry in said(story)] == [("Борис", "Борис")]


def test_several_lines_become_several_messages(story: Story, run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db", users=[], messages=[(1, 1_700_000_000, "anna", "one\r\n\ntwo\rthree")])
    assert counts(run()) == (0, 0, 1, 0, 0)
    assert [entry.text for entry in said(story)] == ["one", "two", "three"]


def test_an_account_of_somebody_else_is_not_given_the_old_messages(
    story: Story, run: Run, tmp_path: Path
) -> None:
    story.account("anna")
    old_database(tmp_path / "old.db", users=[], messages=MESSAGES)
    run()
    assert {entry.account for entry in said(story)} == {None}


def test_what_is_no_old_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file"):
        OldDatabase(tmp_path / "nothing.db")
    (tmp_path / "letter.db").write_text("hello")
    with pytest.raises(DatabaseRefused, match="not an SQLite database"):
        OldDatabase(tmp_path / "letter.db")
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE user (UserId INTEGER)")
    with pytest.raises(DatabaseRefused, match="column UserName in its table user"):
        OldDatabase(tmp_path / "other.db")


def test_the_digest_of_a_user_tells_nothing_of_the_password() -> None:
    one, two = (legacy.rows.OldUser(1, b"anna", password) for password in (b"secret", b"other"))
    assert legacy.rows.digest(one) == legacy.rows.digest(two)
