"""Metadata of accounts and rooms, in the tables and for administrators."""

import pytest
from sqlalchemy import delete, func, select

from app.db.log_page import read_after
from app.db.models import AccountMetadataRow, AccountRow, RoomMetadataRow, RoomRow
from app.errors import NotFound
from app.events import Event, Kind
from app.events.data import MetadataChangeData
from app.services import metadata
from app.services.accounts.accounts import get_account
from app.services.administration import audit, moderation
from app.services.administration.admin_changes import AdminChange
from app.services.rooms.details import get_room_details
from app.services.rooms.rooms import get_room
from app.wire.names import fold
from tests.story import Story

TABLES = (AccountMetadataRow, RoomMetadataRow)


@pytest.fixture
def tea(story: Story) -> int:
    """A room; it and `anna` have metadata, `bob` and another room have other metadata."""
    room, other = story.create_room("#tea"), story.create_room("#milk")
    for name in ("anna", "bob"):
        story.create_account(name)
        story.set_account_metadata(name, avatar=f"https://{name}.example", color="red", status="здесь 🍵")
    for one in (room, other):
        story.set_room_metadata(one, url=f"https://{one}.example", avatar="x")
    return room


def of(story: Story, name: str) -> dict[str, str]:
    """Return the metadata of an account or a room."""
    with story.database.reading() as session:
        if name.startswith("#"):
            return metadata.get_room_metadata(session, get_room(session, name).id)
        return metadata.get_account_metadata(session, get_account(session, fold(name)).id)


def silence(story: Story, name: str, *keys: str) -> AdminChange:
    """Remove metadata as an administrator."""
    silenced = moderation.remove_room_metadata if name.startswith("#") else moderation.remove_account_metadata
    return story.apply(lambda admin: silenced(admin, name, keys))


@pytest.mark.usefixtures("tea")
def test_latest_value_is_stored_and_an_empty_one_removed(story: Story) -> None:
    story.set_account_metadata("anna", color="blue", status=None, nothing=None)
    assert of(story, "anna") == {"avatar": "https://anna.example", "color": "blue"}
    assert of(story, "bob") == {"avatar": "https://bob.example", "color": "red", "status": "здесь 🍵"}


def test_metadata_is_separate_for_each_room(story: Story, tea: int) -> None:
    story.set_room_metadata(tea, avatar=None, url="https://tea.example")
    assert of(story, "#tea") == {"url": "https://tea.example"}
    assert of(story, "#milk").keys() == {"avatar", "url"}
    with story.database.reading() as session:
        assert get_room_details(session, "#tea").metadata == {"url": "https://tea.example"}


def test_guest_metadata_is_not_stored(story: Story) -> None:
    session = story.connect("guest")
    data = MetadataChangeData("color", "guest", f"s{session}")
    story.record(Event(Kind.METADATA, nick="server", target="guest", text="red", data=data))
    with story.database.reading() as orm:
        assert [orm.scalar(select(func.count()).select_from(table)) for table in TABLES] == [0, 0]


@pytest.mark.usefixtures("tea")
@pytest.mark.parametrize("name", ["anna", "#tea"])
def test_administrator_removes_given_or_all_metadata(story: Story, name: str) -> None:
    before = of(story, name)
    change = silence(story, name.upper(), "avatar", "nothing-there")
    assert [(MetadataChangeData.of(event).key, event.text) for event in change.events] == [("avatar", None)]
    assert of(story, name) == {key: value for key, value in before.items() if key != "avatar"}
    assert silence(story, name, "avatar").events == []
    assert len(silence(story, name).events) == len(before) - 1
    assert of(story, name) == {}
    with story.database.reading() as session:
        traces = [(trace.action, trace.target) for trace in audit.find_latest_entries(session, 9)]
        logged = read_after(session.connection(), 0, 100).events
    what = "room.metadata" if name.startswith("#") else "user.metadata"
    assert traces == [(what, name)] * 2
    assert [event.text for event in logged[-len(before) :]] == [None] * len(before)


@pytest.mark.parametrize("name", ["nobody", "#nowhere"])
def test_removing_metadata_of_unknown_targets_is_refused(story: Story, name: str) -> None:
    with pytest.raises(NotFound):
        silence(story, name)


@pytest.mark.usefixtures("tea")
def test_metadata_is_deleted_with_its_account_or_room(story: Story) -> None:
    with story.database.locked() as connection:
        connection.execute(delete(AccountRow).where(AccountRow.name == "anna"))
        connection.execute(delete(RoomRow).where(RoomRow.name == "#tea"))
        counts = [connection.scalar(select(func.count()).select_from(table)) for table in TABLES]
    assert counts == [3, 2]


def test_only_changes_of_other_users_metadata_are_audited(story: Story, tea: int) -> None:
    with story.database.reading() as session:
        party = f"a{get_account(session, fold('bob')).id}"
    bob = Event(
        Kind.METADATA, account="bob", target="bob", data=MetadataChangeData("avatar", "anna", party, 7)
    )
    room = Event(
        Kind.METADATA,
        room=tea,
        target="#tea",
        text="x.png",
        data=MetadataChangeData("avatar", "anna", session=7),
    )
    story.record(bob, room)
    with story.database.reading() as session:
        traces = [trace[1:] for trace in audit.find_latest_entries(session, 9)]
    assert traces == [
        ("anna", "user.metadata", "bob", {"by": "anna", "key": "avatar"}),
        ("anna", "room.metadata", "#tea", {"by": "anna", "key": "avatar", "value": "x.png"}),
    ]
