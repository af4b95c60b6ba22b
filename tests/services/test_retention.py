"""Retention: what expires, in which steps, and what stays, on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.db.chain.links import find_digest
from app.db.database import Database
from app.db.fulltext import fulltext_of
from app.db.log import get_last_id
from app.db.log_page import read_after
from app.db.models import CorrespondentRow, ExpiredHistoryRow
from app.errors import NotFound
from app.events import Event, Kind, msgid
from app.events.data import MessageData, RedactedData
from app.services import stats
from app.services.administration import audit
from app.services.history import pages
from app.services.history.search import SearchQuery, SearchScope, search
from app.services.history.source import HistoryCursor, HistorySource
from app.services.retention import administration, expiry
from app.services.retention.expiry import MAX_STEP_CHARACTERS, MAX_STEP_EVENTS, ExpiryPass
from app.services.retention.notices import EXPIRED_TEXT
from app.services.retention.overview import list_policies
from app.services.retention.policies import DAY_MILLISECONDS, FOREVER, RetentionDefaults
from app.services.retention.runs import RemovedHistory, plan_run, run
from app.services.verification import verify_snapshot
from tests.conftest import MovedClock
from tests.story import Story

KEEP = RetentionDefaults(FOREVER, FOREVER)
MONTH = RetentionDefaults(room_days=30, direct_days=30)


def days_pass(clock: MovedClock, days: float) -> None:
    clock.instant += int(days * DAY_MILLISECONDS)


def whisper(story: Story, text: str, conversation: str = "a1 a2") -> None:
    parties = conversation.split(" ")
    data = MessageData(parties=parties)
    story.record(
        Event(Kind.PRIVMSG, conversation=conversation, nick="anna", target="bob", text=text, data=data)
    )


def expire(story: Story, defaults: RetentionDefaults = KEEP) -> list[RemovedHistory]:
    return run(story.database, story.clock, "admin:me", defaults, lambda number: None)


def texts(story: Story) -> list[str]:
    """Return the texts of all messages in the log."""
    with story.database.engine.connect() as connection:
        events = read_after(connection, 0, 10_000).events
        return [event.text or "" for event in events if event.kind in (Kind.PRIVMSG, Kind.NOTICE)]


def set_days(story: Story, room: str, days: int | None) -> None:
    story.apply(lambda admin: administration.set_days(admin, room, days, KEEP))


def steps(database: Database, expiry: ExpiryPass) -> Iterator[int]:
    """Run a pass; yield how many events each step removes."""
    while not expiry.is_complete:
        with database.locked() as connection:
            removed = expiry.step(connection).events
        yield removed


@pytest.fixture
def rooms(story: Story, clock: MovedClock) -> Story:
    """Two rooms and a private conversation with messages that are 40 days old, and new ones."""
    tea, milk = story.create_room("#tea"), story.create_room("#milk")
    story.say(tea, "anna", "old tea")
    story.say(milk, "anna", "old milk")
    whisper(story, "old secret")
    days_pass(clock, 40)
    story.say(tea, "anna", "new tea")
    story.say(milk, "anna", "new milk")
    whisper(story, "new secret")
    return story


def test_nothing_expires_by_default(rooms: Story) -> None:
    before = texts(rooms)
    assert expire(rooms) == []
    assert texts(rooms) == before
    with rooms.database.reading() as session:
        assert audit.find_latest_entries(session, 9) == []


def test_defaults_apply_to_rooms_and_to_private_messages_separately(rooms: Story) -> None:
    expire(rooms, RetentionDefaults(30, FOREVER))
    assert texts(rooms) == ["old secret", "new tea", "new milk", "new secret"]
    expire(rooms, RetentionDefaults(FOREVER, 30))
    assert texts(rooms) == ["new tea", "new milk", "new secret"]


def test_a_policy_of_a_room_replaces_the_default(rooms: Story) -> None:
    set_days(rooms, "#tea", 30)
    expire(rooms)
    assert "old tea" not in texts(rooms)
    assert "old milk" in texts(rooms)
    set_days(rooms, "#milk", FOREVER)
    expire(rooms, MONTH)
    assert "old milk" in texts(rooms)
    set_days(rooms, "#milk", None)
    expire(rooms, MONTH)
    assert "old milk" not in texts(rooms)


def test_history_expires_by_whole_days(rooms: Story, clock: MovedClock) -> None:
    limit = RetentionDefaults(40, 40)
    assert expire(rooms, limit) == []  # of the same hour, 40 days ago
    clock.instant += DAY_MILLISECONDS - clock.instant % DAY_MILLISECONDS
    assert expire(rooms, limit) != []


def test_messages_to_operators_expire_with_their_room(rooms: Story, clock: MovedClock) -> None:
    with rooms.database.reading() as session:
        room = administration.get_target(session, "#tea").room
    rooms.record(Event(Kind.PRIVMSG, conversation=f"o{room}", nick="anna", target="@#tea", text="psst"))
    days_pass(clock, 40)
    whisper(rooms, "last")
    set_days(rooms, "#tea", 30)
    expire(rooms)
    assert "psst" not in texts(rooms)
    with rooms.database.reading() as session:
        assert pages.locate(session, HistorySource(room), 1) is not None


def test_a_hold_keeps_everything_until_its_release(rooms: Story) -> None:
    rooms.apply(lambda admin: administration.hold(admin, "tea", "court order", MONTH))
    assert [found.history for found in expire(rooms, MONTH)] == ["#milk", "private messages"]
    assert "old tea" in texts(rooms)
    rooms.apply(lambda admin: administration.release(admin, "tea", MONTH))
    assert [found.history for found in expire(rooms, MONTH)] == ["#tea"]
    assert "old tea" not in texts(rooms)


def test_a_hold_takes_effect_during_a_pass(story: Story, clock: MovedClock) -> None:
    room = story.create_room("#tea")
    story.say(room, "anna", *(f"said {number}" for number in range(MAX_STEP_EVENTS + 50)))
    days_pass(clock, 40)
    story.say(room, "anna", "new")
    going = steps(story.database, ExpiryPass(MONTH, clock.now(), "admin:me"))
    assert next(going) == MAX_STEP_EVENTS
    story.apply(lambda admin: administration.hold(admin, "#tea", "wait", MONTH))
    assert sum(going) == 0


def test_policy_and_hold_outlive_their_room(rooms: Story) -> None:
    rooms.apply(lambda admin: administration.hold(admin, "#tea", "court order", MONTH))
    with rooms.database.reading() as session:
        room = administration.get_target(session, "#tea").room
    rooms.record(Event(Kind.DELETED, room=room, nick="server", target="#tea"))
    expire(rooms, MONTH)
    assert "old tea" in texts(rooms)
    with rooms.database.reading() as session:
        (line,) = [found for found in list_policies(session, MONTH) if found.hold]
        assert (line.history, line.days, line.hold) == ("#tea (deleted)", 30, "court order")
        with pytest.raises(NotFound):
            administration.get_target(session, "#nowhere")
    rooms.apply(lambda admin: administration.release(admin, "#TEA", MONTH))
    expire(rooms, MONTH)
    assert "old tea" not in texts(rooms)


def test_a_dry_run_reports_what_the_run_removes(rooms: Story, clock: MovedClock) -> None:
    set_days(rooms, "#tea", 10)
    with rooms.database.reading() as session:
        planned = plan_run(session, clock, MONTH)
        assert texts(rooms)[:3] == ["old tea", "old milk", "old secret"]
    assert planned == [
        RemovedHistory("#milk", 1, 1),
        RemovedHistory("#tea", 1, 1),
        RemovedHistory("private messages", 1, 0),
    ]
    assert expire(rooms, MONTH) == planned
    with rooms.database.reading() as session:
        assert plan_run(session, clock, MONTH) == []


def test_changes_and_runs_are_in_the_audit_log(rooms: Story) -> None:
    set_days(rooms, "#tea", 30)
    set_days(rooms, "#tea", 30)  # changes nothing
    rooms.apply(lambda admin: administration.hold(admin, "#tea", "court order", KEEP))
    rooms.apply(lambda admin: administration.release(admin, "#tea", KEEP))
    expire(rooms)
    with rooms.database.reading() as session:
        found = [(line.action, line.target, line.detail) for line in audit.find_latest_entries(session, 9)]
    assert found == [
        ("room.retention", "#tea", {"days": 30}),
        ("retention.hold", "#tea", {"reason": "court order"}),
        ("retention.release", "#tea", {"reason": "court order"}),
        ("retention.run", "", {"by": "admin:me", "events": 2, "rooms": 1}),
    ]
    assert texts(rooms)[-3:] == [
        "The history of #tea is kept for 30 days.",
        "The history of #tea is kept for 30 days. Deletion is suspended: court order",
        "The history of #tea is kept for 30 days.",
    ]


def test_steps_are_bounded_by_events_and_by_text(story: Story, clock: MovedClock) -> None:
    room, long = story.create_room("#tea"), "x" * 4000
    story.say(room, "anna", *(f"said {number}" for number in range(2 * MAX_STEP_EVENTS)))
    story.say(room, "anna", *[long] * 10)
    days_pass(clock, 40)
    story.say(room, "anna", "new")
    removed = list(steps(story.database, ExpiryPass(MONTH, clock.now(), "admin:me")))
    assert max(removed) == MAX_STEP_EVENTS
    long_per_step = MAX_STEP_CHARACTERS // len(long)
    assert removed.count(long_per_step) == 10 // long_per_step
    assert sum(removed) == 2 * MAX_STEP_EVENTS + 10 + 1  # with the creation of the room
    assert texts(story) == ["new"]


def test_a_text_longer_than_a_step_is_removed_alone(story: Story, clock: MovedClock) -> None:
    room = story.create_room("#tea")
    story.say(room, "anna", "x" * (MAX_STEP_CHARACTERS + 1), "short")
    days_pass(clock, 40)
    story.say(room, "anna", "new")
    removed = list(steps(story.database, ExpiryPass(MONTH, clock.now(), "admin:me")))
    assert [number for number in removed if number] == [1, 1, 1]


def test_ranges_without_expired_events_take_several_steps(
    story: Story, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "MAX_STEP_RANGES", 3)
    for number in range(4):
        story.create_room(f"#room{number}")
    assert list(steps(story.database, ExpiryPass(MONTH, clock.now(), "admin:me"))) == [0, 0]


def test_positions_are_not_used_again(story: Story, clock: MovedClock) -> None:
    room = story.create_room("#tea")
    story.say(room, "anna", "one", "two")
    for _ in range(3):
        days_pass(clock, 40)
        expire(story, MONTH)
    with story.database.engine.connect() as connection:
        left = [(event.id, event.kind) for event in read_after(connection, 0, 9).events]
        assert left == [(4, Kind.EXPIRED), (5, Kind.EXPIRED)]  # 3 was the last event at first
        assert get_last_id(connection) == 5
    story.say(room, "anna", "three")
    with story.database.engine.connect() as connection:
        assert get_last_id(connection) == 6


def test_times_go_on_after_everything_was_removed(story: Story, clock: MovedClock) -> None:
    room = story.create_room("#tea")
    story.say(room, "anna", "one")
    days_pass(clock, 40)
    whisper(story, "last")
    expire(story, MONTH)
    story.say(room, "anna", "two")
    with story.database.reading() as session:
        notice, said = pages.latest(session, HistorySource(room), 9).items
        assert (notice.text, said.text) == (EXPIRED_TEXT, "two")
        assert notice.at < said.at


def test_nothing_shows_that_an_expired_conversation_took_place(story: Story, clock: MovedClock) -> None:
    whisper(story, "hi")
    whisper(story, "hello", "a1 s3")
    days_pass(clock, 40)
    whisper(story, "hello again", "a1 s3")
    expire(story, MONTH)
    with story.database.reading() as session:
        assert set(session.scalars(select(CorrespondentRow.conversation))) == {"a1 s3"}
        assert set(session.scalars(select(ExpiredHistoryRow.scope))) == {"a1 s3"}


def test_removed_messages_cannot_be_found(rooms: Story) -> None:
    with rooms.database.locked() as connection:
        fulltext_of(connection).extend(connection)
    expire(rooms, MONTH)
    scope = SearchScope(rooms=None, conversations=None)
    with rooms.database.reading() as session:
        assert search(session, scope, SearchQuery("old"), 9) == []
        assert len(search(session, scope, SearchQuery("new"), 9)) == 3
        assert search(session, scope, SearchQuery(sender="anna", until=1), 9) == []


def test_messages_may_be_removed_before_they_are_indexed(rooms: Story) -> None:
    expire(rooms, MONTH)
    with rooms.database.locked() as connection:
        fulltext_of(connection).extend(connection)
    with rooms.database.reading() as session:
        assert len(search(session, SearchScope(rooms=None), SearchQuery("new"), 9)) == 2


def test_redacting_a_removed_message_changes_nothing(rooms: Story) -> None:
    expire(rooms, MONTH)
    before = texts(rooms)
    rooms.record(Event(Kind.REDACTED, room=1, nick="anna", target="#tea", data=RedactedData(2)))
    assert texts(rooms) == before


def test_pages_begin_with_a_notice_where_history_has_expired(story: Story, clock: MovedClock) -> None:
    room = story.create_room("#tea")
    source = HistorySource(room)
    story.say(room, "anna", "one", "two")
    days_pass(clock, 40)
    story.say(room, "anna", "three", "four")
    whisper(story, "last")
    expire(story, MONTH)

    def shown(events: list[Event]) -> list[str]:
        return ["..." if event.text == EXPIRED_TEXT else event.text or "" for event in events]

    with story.database.reading() as session:
        complete = pages.latest(session, source, 9)
        assert shown(complete.items) == ["...", "three", "four"]
        notice, three, four = complete.items
        assert (notice.id, notice.room) == (3, room)
        assert complete.is_last
        newest = pages.latest(session, source, 2)
        assert (shown(newest.items), newest.is_last) == (["three", "four"], False)
        oldest = pages.before(session, source, 2, HistoryCursor(three.at, three.id))
        assert (shown(oldest.items), oldest.is_last) == (["..."], True)
        for position in (1, 2):  # a client that returns after a long time
            cursor = pages.locate(session, source, position)
            assert cursor is not None
            assert shown(pages.after(session, source, 9, cursor).items) == ["...", "three", "four"]
        at_notice = pages.locate(session, source, notice.id)
        assert at_notice == HistoryCursor(notice.at, notice.id)
        assert shown(pages.after(session, source, 9, at_notice).items) == ["three", "four"]
        assert pages.before(session, source, 9, at_notice).items == []
        middle = HistoryCursor(four.at, four.id)
        assert shown(pages.around(session, source, 9, middle).items) == ["...", "three", "four"]
        assert shown(pages.between(session, source, 9, middle, HistoryCursor(1)).items) == ["...", "three"]
        assert shown(pages.after(session, source, 9, HistoryCursor(notice.at)).items) == ["three", "four"]
        joined = HistorySource(room, first=HistoryCursor(three.at, three.id))
        assert shown(pages.latest(session, joined, 9).items) == ["three", "four"]
        assert pages.locate(session, source, 99) is None
        assert msgid(notice.id) == "3"


def test_log_and_hash_chain_are_sound_after_removal(rooms: Story) -> None:
    with rooms.database.engine.connect() as connection:
        before = verify_snapshot(connection)
    set_days(rooms, "#tea", 30)
    expire(rooms)
    with rooms.database.reading() as session:
        assert stats.find_problems(session) == []
        after = verify_snapshot(session.connection())
        assert (before.findings, after.findings, after.removed) == ([], [], 2)
        assert find_digest(session.connection(), before.end.last_id) == before.end.digest


def test_what_is_left_of_a_deleted_room_is_no_damage(rooms: Story, clock: MovedClock) -> None:
    with rooms.database.reading() as session:
        room = administration.get_target(session, "#tea").room
    rooms.record(Event(Kind.DELETED, room=room, nick="server", target="#tea"))
    days_pass(clock, 40)
    rooms.say(room, "anna", "from a server that had not seen the deletion")
    whisper(rooms, "last")
    expire(rooms, MONTH)
    with rooms.database.reading() as session:
        assert stats.find_problems(session) == []


def test_a_pass_that_is_killed_leaves_an_audit_entry_of_what_it_removed(
    story: Story, clock: MovedClock
) -> None:
    room = story.create_room("#tea")
    story.say(room, "anna", *(str(number) for number in range(2 * MAX_STEP_EVENTS)))
    days_pass(clock, 40)
    killed = ExpiryPass(MONTH, clock.now(), "admin:me")
    with story.database.locked() as connection:
        removed = killed.step(connection).events
    expire(story, MONTH)
    with story.database.reading() as session:
        found = [(entry.action, entry.detail["events"]) for entry in audit.find_latest_entries(session, 2)]
    rest = 2 * MAX_STEP_EVENTS - removed  # the creation of the room is removed, the last message stays
    assert found == [("retention.unfinished", removed), ("retention.run", rest)]
