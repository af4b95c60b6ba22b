"""Reading history: log order, exact selection and constant memory."""

import tracemalloc
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import text

from app.events import Event, Kind, RoomKey
from app.events.data import MessageData, ModeData
from app.services.history import history
from app.services.history.history import History, is_known_name
from app.services.history.selection import HistorySelection
from app.wire.names import fold
from tests.conftest import MovedClock
from tests.story import Story


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of three rows, so that a short history spans several."""
    monkeypatch.setattr(history, "PAGE_ROWS", 3)


@pytest.fixture
def rooms(story: Story, clock: MovedClock) -> dict[str, int]:
    """Two rooms with messages, and a private conversation."""
    rooms = {name: story.create_room(name) for name in ("#tea", "#ops")}
    for number in range(4):
        clock.instant += 1000
        story.say(rooms["#tea"], "anna", f"tea {number}")
        story.say(rooms["#ops"], "Bob", f"ops {number}", account="robert")
    story.send_private("anna", "bob", "psst")
    story.record(
        Event(Kind.TOPIC, room=rooms["#tea"], nick="anna", text="Assam"),
        Event(Kind.PRIVMSG, room=rooms["#tea"], nick="anna", text="", data=MessageData(redacted=7)),
        Event(Kind.TAGMSG, room=rooms["#tea"], nick="anna", data=MessageData(tags={"+typing": "active"})),
        Event(Kind.VOID, room=None),
    )
    return rooms


def texts(story: Story, by_room: bool = False, **wanted: object) -> list[str]:
    """Return the entries of a selection."""
    return [entry.text for entry in History(story.database, HistorySelection(**wanted)).entries(by_room)]


pytestmark = pytest.mark.usefixtures("small_pages")


def test_history_reads_room_messages_in_log_order(story: Story, rooms: dict[str, int]) -> None:
    both = [text for number in range(4) for text in (f"tea {number}", f"ops {number}")]
    assert texts(story) == both
    assert texts(story, rooms=tuple(rooms.values())) == both


def test_history_is_grouped_by_room(story: Story, rooms: dict[str, int]) -> None:
    ops, tea = [f"ops {number}" for number in range(4)], [f"tea {number}" for number in range(4)]
    assert texts(story, by_room=True) == ops + tea
    assert texts(story, by_room=True, direct=True) == [*ops, *tea, "psst"]
    assert texts(story, rooms=(rooms["#tea"],)) == tea


def test_private_conversations_are_read_only_on_request(story: Story, rooms: dict[str, int]) -> None:
    assert "psst" not in texts(story)
    entries = list(History(story.database, HistorySelection(direct=True)).entries())
    assert [(entry.room, entry.heading) for entry in entries if entry.text == "psst"] == [
        (None, "anna and bob")
    ]


def test_user_filter_matches_nick_account_and_either_partner(story: Story, rooms: dict[str, int]) -> None:
    ops = [f"ops {number}" for number in range(4)]
    assert texts(story, user=fold("bob")) == ops
    assert texts(story, user=fold("ROBERT")) == ops
    assert texts(story, user=fold("bob"), direct=True) == [*ops, "psst"]


def test_time_range_is_inclusive(story: Story, rooms: dict[str, int], clock: MovedClock) -> None:
    first, last = clock.instant - 2000, clock.instant - 1000
    assert texts(story, since=first, until=last) == ["tea 1", "ops 1", "tea 2", "ops 2"]


def test_events_are_read_only_on_request(story: Story, rooms: dict[str, int]) -> None:
    entries = list(History(story.database, HistorySelection(events=True)).entries())
    happened = [entry.kind for entry in entries if not entry.is_message]
    assert happened == [Kind.CREATED, Kind.CREATED, Kind.TOPIC]


def test_latest_entries_are_returned_oldest_first(story: Story, rooms: dict[str, int]) -> None:
    found = History(story.database, HistorySelection(rooms=(rooms["#tea"],))).latest(2)
    assert [entry.text for entry in found] == ["tea 2", "tea 3"]
    assert len(History(story.database, HistorySelection()).latest(100)) == 8


def test_messages_sent_during_an_export_are_excluded(story: Story, rooms: dict[str, int]) -> None:
    entries = History(story.database, HistorySelection()).entries()
    next(entries)
    story.say(rooms["#tea"], "anna", "late")
    assert "late" not in [entry.text for entry in entries]


def test_history_never_contains_a_room_password(story: Story, rooms: dict[str, int]) -> None:
    changes = [("+", "k", "sesame", None), ("+", "o", "bob", None), ("+", "n", None, None)]
    key = RoomKey("sesame", "+k sesame")
    story.record(Event(Kind.MODE, room=rooms["#tea"], nick="anna", data=ModeData(changes), secret=key))
    assert texts(story, events=True)[-1] == "+k * +o bob +n"


def test_known_names_are_accounts_and_nicks_in_the_log(story: Story, rooms: dict[str, int]) -> None:
    story.create_account("carol")
    with story.database.reading() as session:
        assert [is_known_name(session, name) for name in ("CAROL", "BOB", "dave")] == [True, True, False]


def test_page_query_does_not_sort(story: Story, rooms: dict[str, int]) -> None:
    if story.database.dialect.name != "sqlite":
        pytest.skip("the plans of PostgreSQL depend on statistics")
    alone = {"rooms": (rooms["#tea"],)}
    selections = [{}, {"rooms": tuple(rooms.values())}, alone, alone | {"events": True}, {"direct": True}]
    for wanted in selections:
        for plan in plans(story, HistorySelection(**wanted, since=1, until=9_000_000_000_000)):
            assert "TEMP B-TREE" not in plan, (wanted, plan)
            assert "USING" in plan or "SCAN event" in plan, (wanted, plan)


def plans(story: Story, selection: HistorySelection) -> Iterator[str]:
    """Return SQLite's query plans for a page in both directions."""
    reader = History(story.database, selection)
    last = SimpleNamespace(id=5, at=5)
    with story.database.engine.connect() as connection:
        for range_ in reader.ranges.all():
            for backwards in (False, True):
                query = range_.after(cast(Any, last), backwards).limit(history.PAGE_ROWS)
                compiled = query.compile(connection, compile_kwargs={"literal_binds": True})
                rows = connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))
                yield " ".join(row.detail for row in rows)


def test_long_history_is_read_in_constant_memory(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE_ROWS", 500)
    room = story.create_room("#long")
    story.say(room, "anna", *("x" * 500 for _ in range(10_000)))
    reader = History(story.database, HistorySelection())
    sum(1 for _ in zip(range(600), reader.entries(), strict=False))  # what is loaded once is loaded now
    tracemalloc.start()
    try:
        assert sum(1 for _ in reader.entries()) == 10_000
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
