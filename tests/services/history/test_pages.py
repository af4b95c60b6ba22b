"""Pages of history equal slices of the whole list, and every query uses an index."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as listening

from app.db.database import Database
from app.db.log import Log
from app.events import MESSAGES, Event, Kind
from app.events.data import MessageData
from app.services.history import pages
from app.services.history.conversations import find_conversations
from app.services.history.pages import Page
from app.services.history.source import PLAYBACK_KINDS, HistoryCursor, HistorySource
from app.services.history.targets import ConversationTarget, list_targets
from app.services.record import record
from app.wire.names import fold
from tests.conftest import MovedClock
from tests.story import Story

ROOM, ELSEWHERE, WITH_BOB, WITH_GUEST = range(4)
OTHERS = (Kind.WALLOPS, Kind.TAGMSG, Kind.JOINED, Kind.QUIT, Kind.TOPIC)
FACTS = st.tuples(
    st.sampled_from((ROOM, ROOM, ELSEWHERE, WITH_BOB, WITH_GUEST)),
    st.sampled_from((*MESSAGES, *MESSAGES, *OTHERS)),
    st.sampled_from(("hello", "hello", "")),  # a message without a text was redacted
    st.integers(-3, 5),  # milliseconds by which the clock moves before it
)
HISTORIES = st.lists(FACTS, min_size=1, max_size=25)
READ: dict[str, Callable[..., Page[Event]]] = {
    "LATEST": pages.latest,
    "BEFORE": pages.before,
    "AFTER": pages.after,
    "AROUND": pages.around,
    "BETWEEN": pages.between,
}


class PagedStory:
    """Events in two rooms and two conversations, and the sources that read them."""

    def __init__(self, story: Story, clock: MovedClock) -> None:
        self._story = story
        self._clock = clock
        self._number = clock.new_id() * 2
        self.events: list[Event] = []
        me, bob, guest = (f"{letter}{self._number}" for letter in "abs")
        self._parties = {WITH_BOB: [me, bob], WITH_GUEST: [guest, me]}
        self.party = me
        conversations = (" ".join([me, bob]), " ".join([guest, me]))
        places = (
            HistorySource(self._number),
            HistorySource(None, conversations[:1]),
            HistorySource(None, conversations),
        )
        self.places = [
            HistorySource(place.room, place.conversations, extra)
            for place in places
            for extra in ((), PLAYBACK_KINDS)
        ]

    def tell(self, facts: list[Any]) -> None:
        """Record events in one transaction."""
        log = Log(self._clock)
        with self._story.database.locked() as connection:
            log.seek_to_end(connection)
            for where, kind, text, pause in facts:
                self._clock.instant += pause
                self.events.append(self._event(where, kind, text))
                record(connection, log, self.events[-1:])
                log.mark_committed(self.events[-1:])

    def _event(self, where: int, kind: Kind, text: str) -> Event:
        if where not in self._parties:
            return Event(kind, room=self._number + where, nick="bob", target="#tea", text=text)
        parties = self._parties[where]
        kind = kind if kind in (*MESSAGES, Kind.TAGMSG) else Kind.PRIVMSG
        data = MessageData(parties=parties)
        return Event(kind, conversation=" ".join(parties), nick="me", target="bob", text=text, data=data)

    def happened(self, place: HistorySource) -> list[Event]:
        """Return all events of a source."""
        return [
            event
            for event in self.events
            if (event.room == place.room if event.room else event.conversation in place.conversations)
        ]

    def shown(self, place: HistorySource) -> list[Event]:
        """Return all visible events of a source."""
        here = self.happened(place)
        spoken = (*MESSAGES, Kind.TAGMSG)
        return [e for e in here if e.kind in (*place.extra, *MESSAGES) and (e.text or e.kind not in spoken)]


def cut(shown: list[Event], name: str, limit: int, *marks: HistoryCursor) -> list[Event]:
    """Slice a page out of all visible events, in the simplest way."""

    def is_later(event: Event, mark: HistoryCursor) -> bool:
        return event.at > mark.at if mark.id is None else event.id > mark.id

    def is_earlier(event: Event, mark: HistoryCursor) -> bool:
        return event.at < mark.at if mark.id is None else event.id < mark.id

    def newest(events: list[Event], number: int) -> list[Event]:
        return events[max(0, len(events) - number) :]

    if name == "LATEST":
        return newest([event for event in shown if all(is_later(event, mark) for mark in marks)], limit)
    if name == "BEFORE":
        return newest([event for event in shown if is_earlier(event, marks[0])], limit)
    if name == "AFTER":
        return [event for event in shown if is_later(event, marks[0])][:limit]
    if name == "AROUND":
        rest = [event for event in shown if not is_earlier(event, marks[0])]
        return cut(shown, "BEFORE", limit // 2, *marks) + rest[: limit - limit // 2]
    forwards = [event for event in shown if is_later(event, marks[0]) and is_earlier(event, marks[1])]
    backwards = [event for event in shown if is_earlier(event, marks[0]) and is_later(event, marks[1])]
    return forwards[:limit] or newest(backwards, limit)


@st.composite
def marks(draw: st.DrawFn, here: list[Event], events: list[Event]) -> HistoryCursor:
    """A cursor at an event of the source, or an instant near any event."""
    if here and draw(st.booleans()):
        event = draw(st.sampled_from(here))
        return HistoryCursor(event.at, event.id)
    event = draw(st.sampled_from(events))
    return HistoryCursor(event.at + draw(st.integers(-1, 1)))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=HISTORIES, limit=st.integers(0, 6), name=st.sampled_from(sorted(READ)), data=st.data())
def test_page_is_a_slice_of_the_whole_history(
    story: Story, clock: MovedClock, facts: list[Any], limit: int, name: str, data: st.DataObject
) -> None:
    chat = PagedStory(story, clock)
    chat.tell(facts)
    for place in chat.places:
        number = {"BETWEEN": 2, "LATEST": data.draw(st.integers(0, 1))}.get(name, 1)
        chosen = [data.draw(marks(chat.happened(place), chat.events)) for _ in range(number)]
        with story.database.reading() as session:
            found = READ[name](session, place, limit, *chosen)
        expected = cut(chat.shown(place), name, limit, *chosen)
        assert [event.id for event in found.items] == [event.id for event in expected]
        everything = ids(cut(chat.shown(place), name, 2 * len(facts), *chosen))
        assert not found.is_last or ids(found.items) == everything
        assert found.is_last or ids(found.items) != everything or name == "AROUND"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=HISTORIES)
def test_time_order_equals_position_order(story: Story, clock: MovedClock, facts: list[Any]) -> None:
    chat = PagedStory(story, clock)
    chat.tell(facts)
    for place in chat.places:
        instants = [event.at for event in chat.shown(place)]
        assert instants == sorted(set(instants))


def test_whole_history_is_read_unchanged(story: Story) -> None:
    room = story.create_room("#tea")
    story.say(room, "anna", "hi", data=MessageData(tags={"+draft/reply": "7"}))
    with story.database.reading() as session:
        (found,) = pages.latest(session, HistorySource(room), 5).items
    assert (found.source, found.target, found.text) == ("anna!u@h", None, "hi")
    assert found.data == MessageData(tags={"+draft/reply": "7"})


def test_position_yields_a_cursor_only_in_its_own_history(story: Story) -> None:
    tea, milk = story.create_room("#tea"), story.create_room("#milk")
    operators = Event(Kind.PRIVMSG, conversation=f"o{tea}", nick="anna", target="@#tea", text="psst")
    said = [Event(Kind.PRIVMSG, room=room, nick="anna", text="hi") for room in (tea, milk)]
    story.record(*said, operators)
    with story.database.reading() as session:
        assert pages.locate(session, HistorySource(tea), said[0].id) == HistoryCursor(said[0].at, said[0].id)
        assert pages.locate(session, HistorySource(tea), operators.id) == HistoryCursor(
            operators.at, operators.id
        )
        assert pages.locate(session, HistorySource(tea), said[1].id) is None
        assert pages.locate(session, HistorySource(tea), operators.id + 1) is None
        assert pages.locate(session, HistorySource(conversations=("a1 a2",)), said[0].id) is None
        assert pages.latest(session, HistorySource(tea), 5).items[-1].id == said[0].id


def whisper(story: Story, mine: str, theirs: str, name: str, text: str | None) -> int:
    """Send a private message, or tags only; return its time."""
    kind = Kind.TAGMSG if text is None else Kind.PRIVMSG
    pair = " ".join(sorted((mine, theirs)))
    data = MessageData(parties=[mine, theirs])
    event = Event(kind, conversation=pair, nick="me", target=name, text=text, data=data)
    story.record(event)
    return event.at


def test_targets_are_ordered_by_latest_message(story: Story, clock: MovedClock) -> None:
    tea, milk, empty = (story.create_room(name) for name in ("#tea", "#milk", "#empty"))
    start = clock.instant
    clock.instant += 10
    whisper(story, "a1", "a2", "Bob", "one")
    clock.instant += 10
    story.say(tea, "anna", "two")
    clock.instant += 10
    last = whisper(story, "a1", "s9", "bob", "three")
    clock.instant += 10
    whisper(story, "a1", "a2", "Bob", None)
    story.join(7, "carol", tea)
    clock.instant += 10
    story.say(milk, "anna", "four")
    rooms = {tea: "#tea", milk: "#milk", empty: "#empty"}
    expected = [
        ConversationTarget("#tea", start + 20),
        ConversationTarget("bob", last),
        ConversationTarget("#milk", start + 50),
    ]

    def targets(limit: int, first: int, end: int) -> list[ConversationTarget]:
        with story.database.reading() as session:
            return list_targets(session, rooms, "a1", limit, first, end).items

    assert targets(9, start, start + 99) == expected
    assert targets(2, start, start + 99) == expected[:2]
    assert targets(2, start + 99, start) == expected[1:]
    assert targets(0, start + 99, start) == []
    assert targets(9, start + 20, start + 50) == expected[1:2]
    with story.database.reading() as session:
        assert list_targets(session, {}, "s9", 1, start, start + 99) == Page(
            [ConversationTarget("me", last)], is_last=True
        )
        assert not list_targets(session, rooms, "a1", 2, start, start + 99).is_last


def test_conversations_are_found_by_partner_name(story: Story, clock: MovedClock) -> None:
    whisper(story, "a1", "a2", "Bob", "hi")
    clock.instant += 1
    whisper(story, "a1", "s9", "bob", "hi")
    whisper(story, "a3", "a2", "bob", "hi")
    with story.database.reading() as session:
        assert find_conversations(session, "a1", fold("BOB")) == ("a1 s9", "a1 a2")
        assert find_conversations(session, "s8", fold("bob")) == ()


def plans(database: Database, ask: Callable[[Any], object]) -> Iterator[str]:
    """Return SQLite's query plans for a page."""
    statements: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        statements.append((statement, parameters))

    with database.reading() as session:
        listening.listen(database.engine, "before_cursor_execute", note)
        ask(session)
        listening.remove(database.engine, "before_cursor_execute", note)
    with database.engine.connect() as connection:
        for statement, parameters in statements:
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                yield row.detail


def is_direct(plan: str) -> bool:
    """Return whether a step of a plan uses an index to find its rows."""
    return plan.startswith("SEARCH") or "SUBQUERY" in plan


def test_every_page_reads_a_range_of_one_index(story: Story) -> None:
    if story.database.dialect.name != "sqlite":
        pytest.skip("the plans of PostgreSQL depend on statistics")
    low, high = HistoryCursor(5, 5), HistoryCursor(9)
    for place in (
        HistorySource(1),
        HistorySource(1, first=low),
        HistorySource(1, (), PLAYBACK_KINDS),
        HistorySource(None, ("a1 a2", "a1 s3"), PLAYBACK_KINDS),
    ):
        for name, read in READ.items():
            for first, last in ((low, low), (low, high), (high, high)):
                some = {"BETWEEN": (first, last)}.get(name, (last,))
                for plan in plans(
                    story.database, lambda s, read=read, place=place, some=some: read(s, place, 5, *some)
                ):
                    assert is_direct(plan), (name, place, plan)


def test_targets_and_cursors_use_indexes(story: Story) -> None:
    if story.database.dialect.name != "sqlite":
        pytest.skip("the plans of PostgreSQL depend on statistics")
    rooms = {1: "#tea", 2: "#milk"}
    asked = [
        *plans(story.database, lambda session: list_targets(session, rooms, "a1", 5, 0, 9)),
        *plans(story.database, lambda session: pages.locate(session, HistorySource(1), 5)),
    ]
    assert asked
    assert all(is_direct(plan) for plan in asked), asked


def test_message_pages_skip_other_events_by_index(story: Story) -> None:
    """A page of a room that is almost all joins reads the index of messages."""
    if story.database.dialect.name != "sqlite":
        pytest.skip("the plans of PostgreSQL depend on statistics")
    for read in (
        lambda s: pages.latest(s, HistorySource(1), 5),
        lambda s: pages.before(s, HistorySource(1), 5, HistoryCursor(9)),
    ):
        on_log = [plan for plan in plans(story.database, read) if "expired_history" not in plan]
        assert on_log
        assert all("ix_event_spoken " in plan for plan in on_log)


def test_imported_messages_are_ordered_by_time(story: Story) -> None:
    room = story.create_room("#tea")
    story.join(7, "anna", room)
    old = [
        Event(Kind.PRIVMSG, room=room, nick="anna", text=text, data=MessageData(imported=True), at=at)
        for at, text in ((1000, "one"), (2000, "two"))
    ]
    story.record(*old)
    story.say(room, "anna", "three")
    place = HistorySource(room, extra=PLAYBACK_KINDS)
    with story.database.reading() as session:
        shown = pages.latest(session, place, 9).items
        assert [event.text or event.kind for event in shown] == ["one", "two", Kind.JOINED, "three"]
        for number, event in enumerate(shown):
            mark = HistoryCursor(event.at, event.id)
            assert ids(pages.before(session, place, 9, mark).items) == ids(shown[:number])
            assert ids(pages.after(session, place, 9, mark).items) == ids(shown[number + 1 :])
            assert ids(pages.around(session, place, 2, mark).items) == ids(
                shown[max(0, number - 1) : number + 1]
            )


def ids(events: list[Event]) -> list[int]:
    """Return the ids of events."""
    return [event.id for event in events]
