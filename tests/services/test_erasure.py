"""Erasing accounts in steps, on both databases; tests/engine/accounts has the whole picture."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import func, select

from app.db.database import Database
from app.db.log_page import read_after
from app.db.models import (
    AccountRow,
    BanRow,
    CorrespondentRow,
    ErasureRow,
    ErasureSessionRow,
    FormerNameRow,
    NameReservationRow,
    PrivateMetadataRow,
    ReadMarkerRow,
    RoomMaskRow,
    SessionRow,
)
from app.db.postgresql import purge as postgresql_purge
from app.errors import AlreadyExists, NotFound
from app.events import Event, Kind
from app.events.data import BannedData, MarkedData, MessageData, ModeData, PrivateMetadataData
from app.services.accounts.accounts import get_account
from app.services.accounts.administration import create_account
from app.services.accounts.name_reservations import KEY_NAME, digest_name
from app.services.accounts.renaming import rename_user
from app.services.administration import audit
from app.services.erasure import events, purge, steps
from app.services.erasure.accounts import delete_account
from app.services.erasure.preview import preview_erasure
from app.services.erasure.receipt import find_receipt
from app.services.erasure.redaction import RedactionSelection, Redactor, redact_messages
from app.services.erasure.steps import ErasurePhase, find_progress, take_step
from app.services.erasure.subject import Messages
from app.services.secrets import find_secret
from app.services.verification.chain import verify_chain
from app.wire.names import fold
from tests.story import SECRET, Story

PSEUDONYM = "deleted-user-00000001"
NAMES = ("anna", "bob")


@pytest.fixture
def rooms(story: Story) -> tuple[int, int]:
    """Two rooms with messages of two accounts, and a private conversation."""
    for name in NAMES:
        story.create_account(name)
    tea, ops = story.create_room("#tea"), story.create_room("#ops")
    session = story.connect("anna", session=7)  # logs in later
    story.join(session, "anna", tea)
    story.record(Event(Kind.PRIVMSG, room=tea, session=session, nick="anna", text="as a guest"))
    story.record(Event(Kind.LOGGED_IN, session=session, nick="anna", account="anna"))
    story.say(tea, "anna", "one", "two", account="anna", session=session)
    story.say(ops, "bob", "three", account="bob")
    story.record(Event(Kind.LOGGED_OUT, session=session, nick="anna"))
    whisper(story)
    return tea, ops


def whisper(story: Story) -> None:
    """Send a private message from anna to bob, and another one back."""
    parties = [f"a{account_id(story, name)}" for name in NAMES]
    for sender, recipient in (NAMES, NAMES[::-1]):
        data = MessageData(parties=parties if sender == "anna" else parties[::-1])
        story.record(
            Event(
                Kind.PRIVMSG,
                conversation=" ".join(sorted(parties)),
                nick=sender,
                account=sender,
                target=recipient,
                text="psst",
                data=data,
            )
        )


def account_id(story: Story, name: str) -> int:
    """Return the id of an account."""
    with story.database.reading() as session:
        return get_account(session, fold(name)).id


def begin(story: Story, name: str, messages: Messages) -> int:
    """Delete an account, and return the id of its erasure."""
    return story.apply(lambda admin: delete_account(admin, name, messages, 30, PSEUDONYM)).events[-1].id


def erase(story: Story, name: str, messages: Messages) -> int:
    """Erase an account completely, and return the id of the erasure."""
    erasure = begin(story, name, messages)
    assert purge.complete_erasure(story.database, story.clock, erasure, lambda passed: None)
    return erasure


def log(story: Story) -> list[Event]:
    """Return the log."""
    with story.database.reading() as session:
        return read_after(session.connection(), 0, 10_000).events


def said(story: Story) -> list[tuple[str, str | None]]:
    """Return the authors and texts of all messages."""
    return [(event.nick, event.text) for event in log(story) if event.kind is Kind.PRIVMSG]


@pytest.mark.usefixtures("rooms")
@pytest.mark.parametrize(
    ("messages", "left"),
    [
        (Messages.KEEP, [("anna", "as a guest"), ("anna", "one"), ("anna", "two")]),
        (Messages.ANONYMISE, [(PSEUDONYM, "as a guest"), (PSEUDONYM, "one"), (PSEUDONYM, "two")]),
        (Messages.ERASE, []),
    ],
)
def test_the_messages_of_a_deleted_account(
    story: Story, messages: Messages, left: list[tuple[str, str]]
) -> None:
    with story.database.reading() as session:
        counted = preview_erasure(session, "anna", messages)
    erasure = erase(story, "anna", messages)
    assert said(story) == [*left, ("bob", "three")]
    assert verify_chain(story.database).findings == []
    assert not [event for event in log(story) if event.account == "anna" or event.session == 7]
    with story.database.reading() as session:
        receipt = find_receipt(session, erasure)
        assert receipt is not None
        assert receipt["rows"] == [
            {"table": row.table, "treatment": row.treatment, "rows": row.rows} for row in counted
        ]
        for model in (ErasureRow, ErasureSessionRow, SessionRow):
            assert session.scalar(select(func.count()).select_from(model)) == 0


@pytest.mark.usefixtures("rooms")
def test_counting_changes_nothing(story: Story) -> None:
    before = [(event.id, event.nick, event.text) for event in log(story)]
    with story.database.reading() as session, pytest.raises(NotFound):
        preview_erasure(session, "nobody", Messages.KEEP)
    with story.database.reading() as session:
        assert preview_erasure(session, "anna", Messages.ERASE)
    with story.database.reading() as session:  # the temporary table is gone
        assert session.scalar(select(func.count()).select_from(ErasureSessionRow)) == 0
    assert [(event.id, event.nick, event.text) for event in log(story)] == before


def test_a_step_is_short_and_can_be_taken_by_anyone(
    story: Story, rooms: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, limit in ((events, "MAX_CHANGED_ROWS"), (steps, "MAX_SCANNED_ROWS")):
        monkeypatch.setattr(module, limit, 3)
    story.say(rooms[0], "anna", *(f"{number}" for number in range(20)), account="anna")
    erasure, changed, phases = begin(story, "anna", Messages.ERASE), [], []
    while True:
        before = len(log(story))
        with story.database.locked() as connection:  # as of another program, each time
            take_step(connection)
            progress = find_progress(connection)
        assert progress is not None
        assert progress.erasure == erasure
        changed.append(before - len(log(story)))
        phases.append(progress.phase)
        if progress.phase is ErasurePhase.FILES:
            break
    assert max(changed) == 3
    assert list(dict.fromkeys(phases)) == list(ErasurePhase)
    assert said(story) == [("bob", "three")]


def test_the_name_is_forgotten_before_the_files_are_purged(story: Story, rooms: tuple[int, int]) -> None:
    begin(story, "anna", Messages.ERASE)
    while True:
        with story.database.locked() as connection:
            take_step(connection)
            row = connection.execute(select(ErasureRow.phase, ErasureRow.names)).one()
        if row.phase == ErasurePhase.FILES:
            break
    assert row.names == []


def test_a_running_server_takes_the_steps(story: Story, rooms: tuple[int, int]) -> None:
    erasure = begin(story, "anna", Messages.ERASE)
    with (
        closing(story.database.dialect.claim(story.database.engine)),
        ThreadPoolExecutor(1) as pool,
        closing(Database(story.database.url)) as other,
    ):
        awaited = pool.submit(purge.complete_erasure, other, story.clock, erasure, lambda passed: None)
        is_complete = False
        while not is_complete:
            with story.database.locked() as connection:
                before = find_progress(connection)
                is_complete = not take_step(connection)
                after = find_progress(connection)
            assert (before == after) == is_complete
        with story.database.locked() as connection:
            assert find_progress(connection) == after  # nobody else took a step
            steps.finish(connection, story.clock, erasure)
        assert awaited.result(30)
    assert said(story) == [("bob", "three")]


def test_a_server_that_takes_no_steps_is_not_waited_for(
    story: Story, rooms: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "SERVER_STEP_SECONDS", 0.0)
    monkeypatch.setattr(purge, "SERVER_MERGE_SECONDS", 0.0)
    erasure = begin(story, "anna", Messages.ERASE)
    with closing(story.database.dialect.claim(story.database.engine)):
        assert purge.complete_erasure(story.database, story.clock, erasure, lambda passed: None)
    assert said(story) == [("bob", "three")]


@pytest.mark.usefixtures("rooms")
def test_two_accounts_are_erased_in_turn(story: Story) -> None:
    for name in NAMES:
        begin(story, name, Messages.ERASE)
    assert purge.complete_pending(story.database, story.clock, lambda passed: None) == (2, True)
    assert said(story) == []
    with story.database.reading() as session:
        entries = audit.find_latest_entries(session, 10, action="user.erased")
    assert len(entries) == 2


def test_former_names_belong_to_a_renamed_account_until_it_was_renamed(
    story: Story, rooms: tuple[int, int]
) -> None:
    story.apply(lambda admin: rename_user(admin, "anna", "ann", 32, days=0))
    story.create_account("anna")  # another person
    story.say(rooms[0], "anna", "I am new", account="anna")
    story.say(rooms[0], "ann", "four", account="ann")
    with story.database.reading() as session:
        assert session.scalars(select(FormerNameRow.name)).all() == ["anna"]
    erase(story, "ann", Messages.ERASE)
    assert said(story) == [("bob", "three"), ("anna", "I am new")]


def keep_about_anna(story: Story, room: int) -> None:
    """Let bob keep a marker and a value under anna's name, which a ban and a mask name as well."""
    bob = f"a{account_id(story, 'bob')}"
    for target, instant in (("anna", 5), ("Ann", 3)):
        marked = MarkedData(bob, instant)
        story.record(Event(Kind.MARKED, nick="bob", account="bob", target=target, data=marked))
    pinned = PrivateMetadataData(bob, "soju.im/pinned")
    story.record(Event(Kind.PRIVATE_METADATA, account="bob", target="anna", text="1", data=pinned))
    masks = ModeData([("+", "b", mask, None) for mask in ("~a:anna", "~m:~a:ANNA", "anna!*@*", "~a:annabel")])
    story.record(Event(Kind.MODE, room=room, nick="bob", text="+b", data=masks))
    story.record(Event(Kind.BANNED, nick="bob", target="anna", text="", data=BannedData(1, "account", None)))


def test_renaming_moves_what_others_keep(story: Story, rooms: tuple[int, int]) -> None:
    keep_about_anna(story, rooms[0])
    story.apply(lambda admin: rename_user(admin, "anna", "Ann", 32, days=30))
    with story.database.reading() as session:
        assert session.scalars(select(AccountRow.name).order_by(AccountRow.key)).all() == ["Ann", "bob"]
        markers = session.execute(select(ReadMarkerRow.target, ReadMarkerRow.at)).all()
        assert [tuple(row) for row in markers] == [("ann", 5)]
        assert session.scalars(select(PrivateMetadataRow.target)).all() == ["ann"]
        assert set(session.scalars(select(CorrespondentRow.name))) == {"Ann", "bob"}
        masks = set(session.scalars(select(RoomMaskRow.mask)))
        assert masks == {"~a:Ann", "~m:~a:Ann", "anna!*@*", "~a:annabel"}
        assert session.scalars(select(BanRow.mask)).all() == ["Ann"]


def test_the_old_name_of_a_renamed_account_is_reserved(story: Story, rooms: tuple[int, int]) -> None:
    story.apply(lambda admin: rename_user(admin, "anna", "Ann", 32, days=30))
    with pytest.raises(AlreadyExists, match="ANNA belonged to another account and is reserved until"):
        story.apply(lambda admin: create_account(admin, "ANNA", SECRET, "user"))
    story.clock.instant += 31 * 24 * 3600 * 1000  # type: ignore[attr-defined]
    story.apply(lambda admin: create_account(admin, "ANNA", SECRET, "user"))


def test_a_reserved_name_is_stored_as_a_digest_only(story: Story, rooms: tuple[int, int]) -> None:
    erase(story, "anna", Messages.ERASE)
    with story.database.reading() as session:
        ((digest, until),) = session.execute(select(NameReservationRow.digest, NameReservationRow.until))
        key = find_secret(session.connection(), KEY_NAME)
    assert key is not None
    assert digest == digest_name(key, "ANNA") != digest_name(bytes(32), "anna")
    assert until == story.clock.now() + 30 * 24 * 3600 * 1000


def test_redaction_in_steps_stops_at_the_end_of_the_log_as_it_was(
    story: Story, rooms: tuple[int, int]
) -> None:
    story.say(rooms[0], "anna", *(f"{number}" for number in range(50)), account="anna")
    redactor, selection = Redactor("admin:me", "server", "spam"), RedactionSelection(user="ANNA")
    advanced: list[int] = []
    count = redact_messages(story.database, story.clock, redactor, selection, {}, advanced.append)
    assert (count, advanced) == (53, [20, 20, 13])  # the guest of that nick as well
    assert [text for _, text in said(story) if text] == ["three", "psst", "psst"]
    assert verify_chain(story.database).findings == []
    redactions = [event for event in log(story) if event.kind is Kind.REDACTED]
    assert {(event.nick, event.target, event.text) for event in redactions} == {("server", "#tea", "spam")}
    with story.database.reading() as session:
        (entry,) = audit.find_latest_entries(session, 10, action="history.redact")
    assert (entry.action, entry.target, entry.detail) == ("history.redact", "ANNA", {"messages": 53})


def test_a_redaction_that_is_killed_leaves_an_entry_in_the_audit_log(
    story: Story, rooms: tuple[int, int]
) -> None:
    story.say(rooms[0], "anna", *(f"{number}" for number in range(150)), account="anna")
    redactor, selection = Redactor("admin:me", "server", "spam"), RedactionSelection(user="anna")

    def die(advanced: int) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        redact_messages(story.database, story.clock, redactor, selection, {"reason": "spam"}, die)
    redact_messages(story.database, story.clock, redactor, selection, {}, lambda advanced: None)
    with story.database.reading() as session:
        entries = audit.find_latest_entries(session, 10, action="history.redact")
    assert [(entry.action, entry.target, entry.detail) for entry in entries] == [
        ("history.redact.unfinished", "anna", {"messages": 20, "reason": "spam"}),
        ("history.redact", "anna", {"messages": 133}),
    ]


def test_vacuum_waits_for_transactions_that_may_read_what_was_erased(
    story: Story, rooms: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    if story.database.dialect.name != "postgresql":
        pytest.skip("SQLite has no VACUUM of this kind")
    monkeypatch.setattr(postgresql_purge, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(purge, "PURGE_SECONDS", 0.0)
    with story.database.snapshot() as connection:
        assert connection.scalar(select(func.count()).select_from(ErasureRow)) == 0
        erasure = begin(story, "anna", Messages.ERASE)
        assert not purge.complete_erasure(story.database, story.clock, erasure, lambda passed: None)
    assert purge.complete_pending(story.database, story.clock, lambda passed: None) == (1, True)


def test_a_reader_of_the_database_delays_only_the_purge_of_its_files(
    story: Story, rooms: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    if story.database.dialect.name != "sqlite":
        pytest.skip("PostgreSQL purges its files itself")
    monkeypatch.setattr(purge, "PURGE_SECONDS", 0.0)
    erasure = begin(story, "anna", Messages.ERASE)
    with closing(sqlite3.connect(str(story.database))) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM event").fetchone()
        assert not purge.complete_erasure(story.database, story.clock, erasure, lambda passed: None)
    assert said(story) == [("bob", "three")]
    assert purge.complete_erasure(story.database, story.clock, erasure, lambda passed: None)
    with story.database.reading() as session:
        assert find_receipt(session, erasure) is not None
