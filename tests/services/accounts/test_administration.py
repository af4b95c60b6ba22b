"""Administration of accounts, rooms and bans, and moderation."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import text

from app.clock import to_datetime
from app.db.log_page import read_after
from app.errors import AlreadyExists, NotFound, UsageError
from app.events import Event, Kind, RoomKey
from app.events.data import KickedData, KilledData, ModeData, to_json
from app.services import stats
from app.services.accounts import administration
from app.services.accounts.passwords import check_password
from app.services.administration import audit, bans, moderation
from app.services.administration.admin_changes import AdminChange
from app.services.administration.bans import BanType
from app.services.rooms.administration import create_room, set_topic
from app.services.rooms.details import get_room_details, list_rooms
from app.services.users import people
from tests.conftest import MovedClock
from tests.story import SECRET, SERVER, Story


def decide(story: Story, function: Callable[..., AdminChange], *arguments: object) -> list[Event]:
    """Apply a change and return its events."""
    return list(story.apply(lambda admin: function(admin, *arguments)).events)


def actions(story: Story) -> list[str]:
    """Return the entries of the audit log."""
    with story.database.reading() as session:
        return [f"{trace.action} {trace.target}" for trace in audit.find_latest_entries(session, 100)]


def test_account_names_are_unique_ignoring_case(story: Story) -> None:
    decide(story, administration.create_account, "Анна", SECRET, "user")
    with pytest.raises(AlreadyExists, match="Анна"):
        decide(story, administration.create_account, "АННА", SECRET, "user")
    with pytest.raises(UsageError, match="no role"):
        decide(story, administration.create_account, "bob", SECRET, "king")
    with story.database.reading() as session:
        assert [person.name for person in people.list_people(session)] == ["Анна"]
    assert actions(story) == ["user.create Анна"]


def without_id(event: Event) -> dict[str, object]:
    """Return the stored data of an event without its id."""
    assert event.data is not None
    return {name: value for name, value in to_json(event.data).items() if name != "id"}


def test_account_change_events_contain_no_secret(story: Story) -> None:
    story.create_account("anna")
    events = [
        *decide(story, administration.set_role, "ANNA", "admin"),
        *decide(story, administration.set_disabled, "anna", True),
        *decide(story, administration.set_password, "anna", SECRET),
    ]
    assert [without_id(event) for event in events] == [
        {"role": "admin"},
        {"disabled": True},
        {"password": True},
    ]
    with story.database.reading() as session:
        person = people.get_person(session, "anna")
        logged = read_after(session.connection(), 0, 100).events
    assert (person.role, person.disabled) == ("admin", True)
    assert "argon2" not in str([vars_of(event) for event in logged])


def vars_of(event: Event) -> dict[str, object]:
    """Return the fields of an event."""
    return {name: getattr(event, name) for name in Event.__slots__}


def test_change_to_the_current_value_records_nothing(story: Story) -> None:
    story.create_account("anna")
    assert decide(story, administration.set_disabled, "anna", False) == []
    assert decide(story, administration.set_role, "anna", "user") == []
    assert actions(story) == []


@pytest.mark.parametrize("function", [administration.set_disabled, administration.set_role])
def test_changing_an_unknown_account_is_refused(story: Story, function: Callable[..., object]) -> None:
    with pytest.raises(NotFound, match="no account nobody"):
        decide(story, function, "nobody", "user")


@pytest.mark.parametrize("name", ["x y", "#x", "", "a\0b", "pаypal"])
def test_invalid_account_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is not a valid account name"):
        administration.check_account_name(name, 32)


@pytest.mark.parametrize("password", ["", "a\0b", "a\nb", "x" * 601, "\ud800", "\u0627a"])
def test_invalid_password_is_refused(password: str) -> None:
    with pytest.raises(UsageError, match="The password") as caught:
        check_password(password)
    assert not password or password not in caught.value.sentence


def test_people_are_searched_and_listed_with_online_status(story: Story, clock: MovedClock) -> None:
    story.create_account("anna")
    story.create_account("Борис")
    clock.instant += 1000
    story.connect("ann", "anna", "198.51.100.7")
    story.connect("guest")
    with story.database.reading() as session:
        assert [person.name for person in people.list_people(session, "БОРИС")] == ["Борис"]
        assert [person.name for person in people.list_people(session, "%")] == []
        anna, guest = people.list_people(session, only_online=True)
        assert (anna.name, anna.nicks, anna.addresses) == ("anna", ["ann"], ["198.51.100.7"])
        assert (guest.name, guest.role) == ("guest", "guest")
        assert [p.name for p in people.list_people(session, inactive_since=clock.instant)] == ["Борис"]
        assert [row.nick for row in people.list_latest_sessions(session, "anna", 5)] == ["ann"]


@pytest.mark.parametrize("search", ["Straße", "STRASSE", "ｓｔｒａｓｓｅ", "caf\u00e9", "CAFE\u0301"])
def test_lists_are_searched_in_any_case_width_and_composition(story: Story, search: str) -> None:
    story.create_account("CaféStraße")
    story.create_account("anna")
    story.connect("caféstrasse")
    decide(story, create_room, "#CaféStraße", 64)
    decide(story, create_room, "#ops", 64)
    decide(story, set_topic, "#ops", "Café in der Straße")
    decide(story, create_room, "#tea", 64)
    with story.database.reading() as session:
        assert [person.name for person in people.list_people(session, search)] == ["CaféStraße"]
        assert [one.name for one in people.list_people(session, search, only_online=True)] == ["caféstrasse"]
        assert [room.name for room in list_rooms(session, search)] == ["#CaféStraße", "#ops"]


def test_room_is_created_and_its_topic_set(story: Story) -> None:
    decide(story, create_room, "ops", 64)
    with pytest.raises(AlreadyExists):
        decide(story, create_room, "#OPS", 64)
    with pytest.raises(UsageError):
        decide(story, create_room, "#a b", 64)
    decide(story, set_topic, "ops", "tea")
    assert decide(story, set_topic, "#ops", "tea") == []
    with pytest.raises(NotFound):
        decide(story, set_topic, "#nope", "tea")
    with story.database.reading() as session:
        (room,) = list_rooms(session, "TEA")
        assert (room.name, room.topic, room.official, room.last_message) == ("#ops", "tea", True, None)
    assert actions(story) == ["room.create #ops", "room.topic #ops"]


def test_room_details_never_contain_the_password(story: Story, clock: MovedClock) -> None:
    room = story.create_room("#ops")
    changes = [("+", "k", "*", None), ("+", "b", "x!*@*", None)]
    key = RoomKey("sesame", "+k sesame")
    story.record(Event(Kind.MODE, room=room, nick="anna", data=ModeData(changes), secret=key))
    story.say(room, "anna", "hello")
    with story.database.reading() as session:
        found = get_room_details(session, "ops")
    assert found.password is True
    assert "sesame" not in str(found)
    assert (found.messages, found.bans, found.last_message) == (1, ["x!*@*"], to_datetime(clock.instant + 2))


def test_kill_ends_every_session_of_an_account(story: Story) -> None:
    story.create_account("anna")
    sessions = [story.connect("anna", "anna"), story.connect("ann_phone", "anna")]
    events = decide(story, moderation.kill_user, "Anna", "enough")
    assert [KilledData.of(event).session for event in events] == sessions
    assert {(event.kind, event.nick, event.text) for event in events} == {(Kind.KILLED, SERVER, "enough")}
    with pytest.raises(NotFound, match="bob is not online"):
        decide(story, moderation.kill_user, "bob", "enough")


def test_kick_from_a_room_requires_a_member(story: Story) -> None:
    room = story.create_room("#ops")
    here = story.connect("anna")
    with pytest.raises(NotFound, match="anna is not in #ops"):
        decide(story, moderation.kick_user, "anna", "#ops", "enough")
    story.join(here, "anna", room)
    (event,) = decide(story, moderation.kick_user, "anna", "ops", "enough")
    assert (event.kind, event.room, event.target, event.data) == (
        Kind.KICKED,
        room,
        "anna",
        KickedData(here),
    )
    with pytest.raises(NotFound, match="anna is not in #ops"):
        decide(story, moderation.kick_user, "anna", "#ops", "enough")
    with pytest.raises(NotFound, match="no room"):
        decide(story, moderation.kick_user, "anna", "#nope", "enough")


MASKS = [
    ("10.1.2.3/8", BanType.ADDRESS, "10.0.0.0/8"),
    ("192.0.2.7", BanType.ADDRESS, "192.0.2.7"),
    ("2001:DB8::1", BanType.ADDRESS, "2001:db8::1"),
    ("2001:db8::1/32", BanType.ADDRESS, "2001:db8::/32"),
    ("::ffff:10.0.0.1", BanType.ADDRESS, "10.0.0.1"),
    ("spam*", BanType.NICK, "spam*!*@*"),
    ("*@192.0.2.*", BanType.NICK, "*!*@192.0.2.*"),
    ("ANNA", BanType.ACCOUNT, "anna"),
]


@pytest.mark.parametrize(("typed", "kind", "kept"), MASKS)
def test_ban_is_normalised_and_removed_in_any_spelling(
    typed: str, kind: BanType, kept: str, story: Story, clock: MovedClock
) -> None:
    story.create_account("anna")
    assert bans.detect_ban_type(typed) is kind
    decide(story, bans.add_ban, kind, typed, "why", None)
    with pytest.raises(AlreadyExists):
        decide(story, bans.add_ban, kind, kept, "why", None)
    with story.database.reading() as session:
        (ban,) = bans.list_bans(session, clock.instant)
    assert (ban.type, ban.mask, ban.reason, ban.active) == (kind.value, kept, "why", True)
    decide(story, bans.remove_ban, typed)
    with story.database.reading() as session:
        assert bans.list_bans(session, clock.instant) == []
    assert actions(story) == [f"ban.add {kept}", f"ban.remove {kept}"]


def test_expired_ban_is_replaced(story: Story, clock: MovedClock) -> None:
    add = partial(decide, story, bans.add_ban, BanType.ADDRESS, "192.0.2.7", "why")
    add(clock.instant + 1000)
    clock.instant += 1000
    with story.database.reading() as session:
        assert bans.list_bans(session, clock.instant) == []
        assert [ban.active for ban in bans.list_bans(session, clock.instant, expired=True)] == [False]
    assert [event.kind for event in add(None)] == [Kind.UNBANNED, Kind.BANNED]


@pytest.mark.parametrize(
    ("kind", "mask"),
    [
        (BanType.ADDRESS, "10.0.0.300"),
        (BanType.NICK, "a b"),
        (BanType.NICK, ""),
        (BanType.NICK, "x" * 300),
        *((BanType.NICK, everybody) for everybody in ("*", "*!*@*", "?*!~*@*.*", "*@*.ip")),
        *(
            (BanType.ADDRESS, wide)
            for wide in ("0.0.0.0/0", "10.0.0.0/7", "::/0", "::ffff:0.0.0.0/96", "2001::/15")
        ),
    ],
)
def test_malformed_mask_is_refused(kind: BanType, mask: str, story: Story) -> None:
    with pytest.raises(UsageError):
        decide(story, bans.add_ban, kind, mask, "why", None)


def test_ban_of_unknown_account_and_unknown_ban_are_refused(story: Story) -> None:
    with pytest.raises(NotFound, match=r"nobody!\*@\*"):
        decide(story, bans.add_ban, BanType.ACCOUNT, "nobody", "why", None)
    with pytest.raises(NotFound, match="no ban"):
        decide(story, bans.remove_ban, "192.0.2.7")


def test_audit_log_is_searched(story: Story, clock: MovedClock) -> None:
    story.create_account("anna")
    decide(story, administration.set_role, "anna", "admin")
    clock.instant += 1000
    decide(story, bans.add_ban, BanType.ACCOUNT, "anna", "why", None)
    with story.database.reading() as session:
        assert [t.action for t in audit.find_latest_entries(session, 1)] == ["ban.add"]
        assert [t.action for t in audit.find_latest_entries(session, 9, action="user")] == ["user.role"]
        assert [t.action for t in audit.find_latest_entries(session, 9, since=clock.instant)] == ["ban.add"]
        assert audit.find_latest_entries(session, 9, actor="nobody") == []


def test_stats_count_rows_and_checks_find_no_problem(story: Story, clock: MovedClock) -> None:
    room = story.create_room("#general")
    story.say(room, "anna", "one", "two")
    story.send_private("anna", "bob", "psst")
    story.connect("anna")
    with story.database.reading() as session:
        counted = stats.collect_stats(session)
        assert (counted.messages, counted.direct_messages, counted.events, counted.online) == (2, 1, 5, 1)
        assert stats.find_problems(session) == []


def test_check_finds_gaps_disorder_and_orphaned_events(story: Story) -> None:
    room = story.create_room("#general")
    story.say(room, "anna", "one", "two", "three")
    with story.database.engine.begin() as connection:
        connection.execute(text("UPDATE event SET at = 5 WHERE id = 4"))
        connection.execute(text("DELETE FROM event WHERE id = 2"))
        connection.execute(text("DELETE FROM room"))
    with story.database.reading() as session:
        found = " ".join(stats.find_problems(session))
    assert "gap between event 1 and event 3" in found
    assert "Message 4 is not later" in found
    assert "3 events belong to room" in found
