"""Events enter the log in one order, and the tables follow, on both databases."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.db.log import Log
from app.db.log_page import read_after
from app.db.models import AccountRow, AuditRow, CorrespondentRow, EventRow, RoomMaskRow, RoomRoleRow, RoomRow
from app.db.models import SessionRow as Connected
from app.errors import NotFound
from app.events import Event, Kind
from app.events.data import MessageData, ModeData
from app.services.administration.admin_changes import AdminChange
from app.services.record import record
from tests.conftest import MovedClock
from tests.story import ME, Story


def rows(story: Story) -> list[Event]:
    """Return the whole log."""
    with story.database.engine.connect() as connection:
        return read_after(connection, 0, 1000).events


def test_ids_are_contiguous_and_times_increase_within_a_room(story: Story) -> None:
    room = story.create_room("#general")
    story.say(room, "anna", "one", "two", "three")
    log = rows(story)
    assert [event.id for event in log] == [1, 2, 3, 4]
    assert [event.at - log[0].at for event in log] == [0, 1, 2, 3]
    assert [event.text for event in log[1:]] == ["one", "two", "three"]


def test_clock_set_back_does_not_reorder_a_room(story: Story, clock: MovedClock) -> None:
    room = story.create_room("#general")
    story.say(room, "anna", "before")
    clock.instant -= 3_600_000
    story.say(room, "anna", "after")
    before, after = rows(story)[1:]
    assert after.at == before.at + 1


def test_imported_event_keeps_its_time_in_a_newer_room(story: Story, clock: MovedClock) -> None:
    room = story.create_room("#general")
    story.record(
        Event(Kind.PRIVMSG, room=room, nick="anna", text="old", data=MessageData(imported=True), at=1000)
    )
    story.say(room, "anna", "new")
    old, new = rows(story)[1:]
    assert (old.at, new.at) == (1000, clock.instant + 1)


def test_catching_up_on_imports_does_not_reorder_a_room(story: Story, clock: MovedClock) -> None:
    room = story.create_room("#general")
    log = Log(clock)
    with story.database.locked() as connection:
        log.seek_to_end(connection)
    story.record(
        Event(Kind.PRIVMSG, room=room, nick="anna", text="old", data=MessageData(imported=True), at=1000)
    )
    with story.database.locked() as connection:
        assert [event.text for event in log.catch_up(connection)] == ["old"]
        record(connection, log, [Event(Kind.PRIVMSG, room=room, nick="anna", text="new")])
    assert rows(story)[-1].at == clock.instant + 1


def test_text_in_any_script_round_trips(story: Story) -> None:
    room = story.create_room("#general")
    texts = ["Привет", "日本語", "🧵" * 100, "\x02bold\x02 \x1b[31m", "'; DROP TABLE event; --", "a" * 4096]
    story.say(room, "Анна", *texts)
    assert [event.text for event in rows(story)[1:]] == texts


def test_unstorable_row_is_not_a_transient_error(story: Story) -> None:
    story.create_room("#general")
    with pytest.raises(SQLAlchemyError) as caught:
        story.create_room("#GENERAL")
    assert not story.database.dialect.is_transient_error(caught.value)
    assert len(rows(story)) == 1


def test_unstorable_nul_character_is_not_a_transient_error(story: Story) -> None:
    room = story.create_room("#general")
    if story.database.dialect.name == "sqlite":
        story.say(room, "anna", "a\0b")
        assert rows(story)[-1].text == "a\0b"
        return
    with pytest.raises(SQLAlchemyError) as caught:
        story.say(room, "anna", "a\0b")
    assert not story.database.dialect.is_transient_error(caught.value)


def test_refused_change_leaves_the_database_unchanged(story: Story) -> None:
    def decide(admin: object) -> AdminChange:
        raise NotFound("no")

    with pytest.raises(NotFound):
        story.apply(decide)
    assert rows(story) == []


def test_change_records_its_events_and_audit_entry(story: Story, clock: MovedClock) -> None:
    event = Event(Kind.ANNOUNCED, nick="server", text="hello")
    story.apply(lambda admin: admin.make_change([event], "announce", "", text="hello"))
    story.apply(lambda admin: admin.make_change([], "nothing", ""))
    with story.database.reading() as session:
        traces = session.scalars(select(AuditRow)).all()
        assert [(trace.actor, trace.action, trace.detail) for trace in traces] == [
            (ME, "announce", {"text": "hello"})
        ]


def test_tables_are_projections_of_the_events(story: Story, clock: MovedClock) -> None:
    story.create_account("anna")
    with story.database.reading() as session:
        anna = session.scalars(select(AccountRow.id)).one()
    room = story.create_room("#general", founder=anna)
    here = story.connect("anna", "anna")
    changes = [
        ["+", "o", "anna", anna],
        ["+", "b", "x!*@*", None],
        ["+", "l", "9", None],
        ["+", "m", None, None],
    ]
    story.record(
        Event(Kind.NICK, session=here, nick="anna", target="ann"),
        Event(Kind.TOPIC, room=room, nick="ann", text="tea"),
        Event(Kind.MODE, room=room, nick="ann", data=ModeData(changes)),
    )
    story.send_private("anna", "bob", "psst")
    with story.database.reading() as session:
        kept = session.scalars(select(RoomRow)).one()
        assert (kept.topic, kept.modes, kept.user_limit, kept.founder_id) == ("tea", "mnt", 9, anna)
        assert session.scalars(select(RoomMaskRow.mask)).all() == ["x!*@*"]
        assert session.scalars(select(RoomRoleRow.role)).all() == ["o"]
        assert session.scalars(select(Connected.nick)).all() == ["ann"]
        assert set(session.scalars(select(CorrespondentRow.name))) == {"anna", "bob"}
        assert session.scalars(select(AccountRow.last_seen)).all() == [clock.instant]
    story.record(Event(Kind.QUIT, session=here, nick="ann"))
    with story.database.reading() as session:
        assert session.scalars(select(Connected.disconnected)).all() == [clock.instant]
        assert session.scalars(select(EventRow.kind).where(EventRow.id == 1)).one() == "registered"
