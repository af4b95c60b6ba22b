"""The visible part of a room's history, on both databases (docs/commands.md, MODE)."""

import pytest
from sqlalchemy import select

from app.db.models import AccountRow, RoomVisitRow
from app.events import Event, Kind
from app.events.data import KickedData
from app.services.history.source import HistoryCursor
from app.services.history.visibility import NEVER, find_first_visible
from tests.story import Story

ROOM = "#tea"


class VisibilityStory:
    """A room with hidden history, and Bob, who is in it as a session and as an account."""

    def __init__(self, story: Story) -> None:
        self.story = story
        story.create_account("Bob")
        self.room = story.create_room(ROOM, modes="Hnt")
        self.session = story.connect("bob", "Bob")

    def event(self, kind: Kind, account: str | None = "Bob", **fields: object) -> Event:
        made = Event(kind, room=self.room, session=self.session, nick="bob", account=account, **fields)  # type: ignore[arg-type]
        self.story.record(made)
        return made

    def first(self, *more: int) -> dict[int, HistoryCursor]:
        with self.story.database.engine.connect() as connection:
            bob = connection.scalar(select(AccountRow.id).where(AccountRow.key == "bob"))
            parties = (f"a{bob}", f"s{self.session}")
            return dict(find_first_visible(connection, [self.room, *more], parties))


@pytest.fixture
def chat(story: Story) -> VisibilityStory:
    return VisibilityStory(story)


def test_only_rooms_with_hidden_history_have_a_first_position(chat: VisibilityStory) -> None:
    open_room = chat.story.create_room("#milk")
    joined = chat.event(Kind.JOINED)
    assert chat.first(open_room) == {chat.room: HistoryCursor(joined.at, joined.id)}


def test_party_that_never_joined_sees_nothing(chat: VisibilityStory) -> None:
    assert chat.first() == {chat.room: NEVER}


def test_joining_again_without_parting_keeps_the_visit(chat: VisibilityStory) -> None:
    joined = chat.event(Kind.JOINED)
    chat.event(Kind.QUIT)
    chat.session = chat.story.connect("bob", "Bob")
    chat.event(Kind.JOINED)
    assert chat.first()[chat.room].id == joined.id


@pytest.mark.parametrize("kind", [Kind.PARTED, Kind.KICKED])
def test_part_ends_the_visit_of_session_and_account(chat: VisibilityStory, kind: Kind) -> None:
    chat.event(Kind.JOINED)
    chat.event(kind, data=KickedData(chat.session, ROOM))
    assert chat.first() == {chat.room: NEVER}


def test_kick_by_another_program_ends_the_visit(chat: VisibilityStory) -> None:
    chat.event(Kind.JOINED)
    chat.story.record(Event(Kind.KICKED, room=chat.room, target="bob", data=KickedData(chat.session)))
    assert chat.first() == {chat.room: NEVER}


def test_session_visit_is_deleted_with_the_session(chat: VisibilityStory) -> None:
    chat.event(Kind.JOINED, account=None)
    chat.event(Kind.QUIT, account=None)
    with chat.story.database.reading() as session:
        assert session.scalars(select(RoomVisitRow.party)).all() == []


def test_login_transfers_the_visit_unless_an_older_one_exists(chat: VisibilityStory) -> None:
    older = chat.event(Kind.JOINED)
    chat.event(Kind.QUIT)
    chat.session = chat.story.connect("bob")
    chat.event(Kind.JOINED, account=None)
    chat.event(Kind.LOGGED_IN)
    assert chat.first()[chat.room].id == older.id
    chat.event(Kind.PARTED)
    newer = chat.event(Kind.JOINED, account=None)
    chat.event(Kind.LOGGED_IN)
    chat.event(Kind.QUIT)
    assert chat.first()[chat.room].id == newer.id
