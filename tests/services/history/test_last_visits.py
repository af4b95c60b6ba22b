"""The ends of visits to rooms, on both databases (docs/protocol.md, Replay)."""

import pytest
from sqlalchemy import select

from app.db.models import AccountRow
from app.events import Event, Kind
from app.events.data import HostData, KickedData
from app.services.history.last_visits import find_last_position, list_visitors
from tests.story import Story

ROOM = "#tea"
HOST = "home.example"


class LastVisitStory:
    """A room, and Bob, who is in it with an account."""

    def __init__(self, story: Story) -> None:
        self.story = story
        story.create_account("Bob")
        self.room = story.create_room(ROOM)
        self.session = story.connect("bob", "Bob")
        self.event(Kind.JOINED)

    def event(self, kind: Kind, account: str | None = "Bob", room: int | None = 0, **fields: object) -> int:
        """Record an event by Bob, by default in the room, and return its position in the log."""
        place = self.room if room == 0 else room
        made = Event(kind, place, None, self.session, "bob", "bob", HOST, account, **fields)  # type: ignore[arg-type]
        self.story.record(made)
        return made.id

    def last(self, nick: str, host: str, account: bool) -> int | None:
        """Return the position up to which a visitor has seen the room."""
        with self.story.database.engine.connect() as connection:
            bob = connection.scalar(select(AccountRow.id).where(AccountRow.key == "bob"))
            return find_last_position(
                connection, self.room, list_visitors(nick, host, bob if account else None)
            )


@pytest.fixture
def chat(story: Story) -> LastVisitStory:
    return LastVisitStory(story)


def test_a_visitor_who_never_left_has_no_last_position(chat: LastVisitStory) -> None:
    assert chat.last("bob", HOST, account=True) is None


@pytest.mark.parametrize("kind", [Kind.PARTED, Kind.KICKED, Kind.QUIT, Kind.NICK])
def test_leaving_ends_the_visit_of_account_and_guest(chat: LastVisitStory, kind: Kind) -> None:
    data = KickedData(chat.session, ROOM) if kind is Kind.KICKED else None
    left = chat.event(kind, data=data, target="robert" if kind is Kind.NICK else None)
    assert chat.last("robert", "elsewhere.example", account=True) == left
    host = "h" if kind is Kind.KICKED else HOST  # that of the session, not of who kicked it
    assert chat.last("BOB", host, account=False) == left
    assert chat.last("bob", "elsewhere.example", account=False) is None
    assert chat.last("robert", host, account=False) is None


@pytest.mark.parametrize("kind", [Kind.HOST, Kind.LOGGED_IN, Kind.LOGGED_OUT])
def test_a_change_of_identity_ends_the_visit_of_the_old_one(chat: LastVisitStory, kind: Kind) -> None:
    chat.story.create_account("Robert")
    new = "Robert" if kind is Kind.LOGGED_IN else None
    data = HostData("admin", None, None) if kind is Kind.HOST else None
    changed = chat.event(kind, account=new, room=None, text="new", data=data)
    assert chat.last("bob", "elsewhere.example", account=True) == changed
    assert chat.last("bob", "h", account=False) == changed
    assert chat.last("bob", "new", account=False) is None


def test_the_latest_departure_counts(chat: LastVisitStory) -> None:
    chat.event(Kind.PARTED)
    chat.event(Kind.JOINED)
    parted = chat.event(Kind.PARTED)
    assert chat.last("bob", HOST, account=True) == parted


def test_leaving_without_a_device_does_not_extend_the_visit(chat: LastVisitStory) -> None:
    detached = chat.event(Kind.DETACHED, room=None)
    chat.event(Kind.QUIT)
    assert chat.last("bob", HOST, account=True) == detached


def test_returning_with_a_device_extends_the_visit(chat: LastVisitStory) -> None:
    chat.event(Kind.DETACHED, room=None)
    chat.event(Kind.ATTACHED, room=None)
    left = chat.event(Kind.QUIT)
    assert chat.last("bob", HOST, account=True) == left


def test_a_deleted_room_has_no_visitors(chat: LastVisitStory) -> None:
    chat.event(Kind.PARTED)
    chat.event(Kind.DELETED, target=ROOM)
    assert chat.event(Kind.QUIT) > 0  # of a server that has not seen the deletion yet
    assert chat.last("bob", HOST, account=True) is None
