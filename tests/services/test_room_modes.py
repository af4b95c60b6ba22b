"""Modes and roles that an administrator changes: whole, validated, recorded once."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from app.db.log_page import read_after
from app.errors import NotFound, UsageError
from app.events import Event, Kind
from app.services.administration.admin_changes import AdminChange
from app.services.rooms import modes as room_modes
from app.services.rooms.details import RoomDetails, get_room_details
from app.services.users import sessions
from app.wire.modes import parse_changes
from tests.story import Story


def change(story: Story, modes: str, *arguments: str, max_entries: int = 100) -> list[Event]:
    """Change the modes of #tea and return the events."""
    changes = parse_changes(modes, list(arguments))
    return list(story.apply(lambda admin: room_modes.change_modes(admin, "tea", changes, max_entries)).events)


def decide(story: Story, function: Callable[..., AdminChange], *arguments: object) -> list[Event]:
    """Apply a change and return its events."""
    return list(story.apply(lambda admin: function(admin, *arguments)).events)


def details(story: Story) -> RoomDetails:
    """Return the details of #tea."""
    with story.database.reading() as session:
        return get_room_details(session, "tea")


def test_modes_of_every_class_are_set_and_removed(story: Story) -> None:
    story.create_room("#tea")
    (event, words) = change(story, "-n+mlWbg", "50", "30", "spam", "casino")
    assert event.text == "-n+mlWb 50 30 spam!*@*"
    assert words.text == "+g *"
    found = details(story)
    assert (found.modes, found.limit, found.pause) == ("mt", 50, 30)
    assert (found.bans, found.words) == (["spam!*@*"], ["casino"])
    assert change(story, "+mb-n", "SPAM") == []
    (event, words) = change(story, "-mlWbg", "SPAM!*@*", "CASINO")
    assert (event.text, words.text) == ("-mlWb spam!*@*", "-g *")
    assert (details(story).modes, details(story).bans) == ("t", [])


def test_a_key_reaches_the_room_and_never_the_log(story: Story) -> None:
    story.create_room("#tea")
    change(story, "+ki", "sesame")
    assert details(story).password is True
    with story.database.engine.connect() as connection:
        assert "sesame" not in str(read_after(connection, 0, 10).events)
        assert connection.exec_driver_sql("SELECT password FROM room").scalar() == "sesame"
        assert "sesame" not in everything_audited(connection)
    assert [event.text for event in change(story, "-k")] == ["-k *"]
    assert details(story).password is False


def everything_audited(connection: Connection) -> str:
    """Return the audit log as text."""
    return str(connection.exec_driver_sql("SELECT * FROM audit").all())


@pytest.mark.parametrize(
    ("modes", "arguments"),
    [
        ("+z", []),
        ("+o", ["anna"]),
        ("+l", []),
        ("+l", ["0"]),
        ("+W", ["many"]),
        ("+k", ["two words"]),
        ("+b", [""]),
        ("+I", ["~m:spam"]),
        ("+g", ["x"]),
        ("+bb", ["spam", "*!*@x y"]),
    ],
)
def test_an_invalid_change_leaves_the_room_as_it_was(modes: str, arguments: list[str], story: Story) -> None:
    story.create_room("#tea")
    before = details(story)
    with pytest.raises(UsageError):
        change(story, f"+m{modes}", *arguments)
    assert details(story) == before


def test_a_list_is_never_longer_than_its_limit(story: Story) -> None:
    story.create_room("#tea")
    change(story, "+bb", "a", "b", max_entries=2)
    with pytest.raises(UsageError, match="the list of #tea is full"):
        change(story, "+b", "c", max_entries=2)
    change(story, "-b+b", "a", "c", max_entries=2)
    assert sorted(details(story).bans) == ["b!*@*", "c!*@*"]


def test_long_changes_are_split_into_lines(story: Story) -> None:
    story.create_room("#tea")
    masks = [f"{'x' * 100}{number}!*@*" for number in range(20)]
    events = change(story, "+" + "b" * 20, *masks)
    assert len(events) > 1
    assert all(len(f":server.internal MODE #tea {event.text}".encode()) <= 510 for event in events)
    assert len(details(story).bans) == 20


def test_a_role_is_stored_and_given_to_the_members_who_have_the_account(story: Story) -> None:
    room = story.create_room("#tea")
    story.create_account("anna")
    story.join(story.connect("ann_phone", "anna"), "ann_phone", room)
    story.join(story.connect("bob"), "bob", room)
    (event,) = decide(story, room_modes.set_room_role, "#tea", "ANNA", "operator")
    assert (event.kind, event.text) == (Kind.MODE, "+o ann_phone")
    assert details(story).operators == ["anna"]
    with story.database.reading() as session:
        members = sessions.list_members(session, "tea")
        assert room_modes.find_room_role(session, "tea", "anna") == ("#tea", "anna", "operator")
    assert [(member.nick, member.role) for member in members] == [("ann_phone", "operator"), ("bob", "")]
    assert decide(story, room_modes.set_room_role, "#tea", "anna", "operator") == []
    (event,) = decide(story, room_modes.set_room_role, "#tea", "anna", "voice")
    assert event.text == "-o+v ann_phone ann_phone"
    decide(story, room_modes.set_room_role, "#tea", "anna", "none")
    assert (details(story).operators, details(story).voices) == ([], [])


def test_an_unknown_role_or_account_is_refused(story: Story) -> None:
    story.create_room("#tea")
    with pytest.raises(UsageError, match="no role king"):
        decide(story, room_modes.set_room_role, "#tea", "anna", "king")
    with pytest.raises(NotFound, match="no account"):
        decide(story, room_modes.set_room_role, "#tea", "anna", "voice")


def test_sessions_are_listed_by_user_and_network(story: Story) -> None:
    room = story.create_room("#tea")
    anna = story.connect("ann_phone", "anna", address="192.0.2.7")
    story.join(anna, "ann_phone", room)
    story.connect("bob", address="2001:db8::1")
    with story.database.reading() as session:
        assert [found.nick for found in sessions.list_sessions(session)] == ["ann_phone", "bob"]
        (found,) = sessions.list_sessions(session, "ANNA")
        assert (found.id, found.account, found.rooms) == (anna, "anna", ["#tea"])
        network = sessions.parse_network("2001:db8::/32")
        assert [one.nick for one in sessions.list_sessions(session, None, network)] == ["bob"]
    with pytest.raises(UsageError, match="neither an address nor a network"):
        sessions.parse_network("anna")


def test_ending_a_session_names_it_and_leaves_the_others(story: Story) -> None:
    phone, laptop = story.connect("ann_phone", "anna"), story.connect("anna", "anna")
    (event,) = decide(story, sessions.end_sessions, [phone, phone], "enough")
    assert (event.kind, event.target, event.text) == (Kind.KILLED, "ann_phone", "enough")
    with pytest.raises(NotFound, match="no online session 1;"):
        decide(story, sessions.end_sessions, [laptop, 1], "enough")
