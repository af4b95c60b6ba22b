"""The audit log of moderation on IRC (docs/admin.md, audit list)."""

from sqlalchemy import select

from app.db.models import SessionRow
from app.events import Event, Kind
from app.events.data import (
    BannedData,
    HostData,
    KickedData,
    KilledData,
    ModeData,
    OperData,
    RehashedData,
    RevokedData,
)
from app.services.administration import audit, moderation
from app.services.rooms.administration import set_topic
from tests.story import Story


def trail(story: Story) -> list[tuple[str, str, str, object]]:
    """Return actor, action, target and detail of every entry."""
    with story.database.reading() as session:
        return [
            (one.actor, one.action, one.target, one.detail) for one in audit.find_latest_entries(session, 100)
        ]


def test_moderation_in_a_room_is_audited(story: Story) -> None:
    room = story.create_room("#tea")
    who = {"room": room, "session": story.connect("anna", "Anna"), "nick": "anna", "account": "Anna"}
    story.record(
        Event(Kind.KICKED, target="bob", text="out", data=KickedData(7, "#tea"), **who),
        Event(Kind.TOPIC, target="#tea", text="green", **who),
        Event(Kind.TOPIC, target="#tea", text="", **who),
        Event(
            Kind.MODE,
            target="#tea",
            text="+b bob!*@*",
            data=ModeData([("+", "b", "bob!*@*", None)]),
            **who,
        ),
    )
    assert trail(story) == [
        ("Anna", "kick", "bob", {"by": "anna", "room": "#tea", "reason": "out"}),
        ("Anna", "room.topic", "#tea", {"by": "anna", "topic": "green"}),
        ("Anna", "room.topic", "#tea", {"by": "anna"}),
        ("Anna", "room.mode", "#tea", {"by": "anna", "modes": "+b bob!*@*"}),
    ]


def test_guest_is_audited_by_nick(story: Story) -> None:
    room = story.create_room("#tea")
    session = story.connect("bob")
    story.record(Event(Kind.TOPIC, room=room, session=session, nick="bob", target="#tea", text="green"))
    assert trail(story) == [("bob", "room.topic", "#tea", {"by": "bob", "topic": "green"})]


def test_administrator_change_has_one_audit_entry(story: Story) -> None:
    room = story.create_room("#tea")
    story.join(story.connect("bob"), "bob", room)
    story.apply(lambda admin: set_topic(admin, "#tea", "green"))
    story.apply(lambda admin: moderation.kick_user(admin, "bob", "#tea", "out"))
    assert [(action, target) for _, action, target, _ in trail(story)] == [
        ("room.topic", "#tea"),
        ("kick", "bob"),
    ]


def test_automatic_server_actions_are_not_audited(story: Story) -> None:
    room = story.create_room("#tea")
    changes = ModeData([("+", "o", "anna", None)])
    story.record(Event(Kind.MODE, room=room, nick="server", target="#tea", text="+o anna", data=changes))
    assert trail(story) == []


def test_reload_by_signal_is_audited_as_the_server(story: Story) -> None:
    """docs/settings.md, While the server runs: SIGHUP is audited like REHASH."""
    story.record(Event(Kind.REHASHED, nick="irc.example", data=RehashedData(["motd"], [])))
    assert trail(story) == [("irc.example", "rehash", "", {"by": "irc.example", "changed": ["motd"]})]


def test_messages_are_not_audited(story: Story) -> None:
    room = story.create_room("#tea")
    session = story.connect("bob")
    story.say(room, "bob", "one", "two", session=session)
    assert trail(story) == []


def test_administrator_actions_are_audited(story: Story) -> None:
    who = {"session": story.connect("root", "Root"), "nick": "root", "account": "Root"}
    data = RehashedData(["motd"], ["port"], tags={"bot": ""})
    story.record(
        Event(Kind.OPERED, target="boss", data=OperData("192.0.2.1"), **who),
        Event(Kind.OPER_REFUSED, target="", data=OperData("192.0.2.1"), **who),
        Event(Kind.KILLED, target="bob", text="spam", data=KilledData(7), **who),
        Event(Kind.WALLOPS, text="tea", **who),
        Event(Kind.REHASHED, data=data, **who),
        Event(Kind.BANNED, target="x!*@*", text="go", data=BannedData(1, "nick", None), **who),
        Event(Kind.UNBANNED, target="x!*@*", data=RevokedData(1), **who),
    )
    by = {"by": "root"}
    assert trail(story) == [
        ("Root", "oper", "boss", by | {"address": "192.0.2.1"}),
        ("Root", "oper.refused", "", by | {"address": "192.0.2.1"}),
        ("Root", "kill", "bob", by | {"reason": "spam"}),
        ("Root", "wallops", "", by | {"text": "tea"}),
        ("Root", "rehash", "", by | {"changed": ["motd"], "waiting": ["port"]}),
        ("Root", "ban.add", "x!*@*", by | {"type": "nick", "reason": "go"}),
        ("Root", "ban.remove", "x!*@*", by),
    ]


def test_host_change_is_audited_and_stored_in_the_session(story: Story) -> None:
    session = story.connect("bob", "Bob")
    data = HostData("root", None, 7)
    who = {"session": session, "nick": "bob", "user": "u", "host": "h", "account": "Bob"}
    story.record(Event(Kind.HOST, text="tea.example", data=data, **who))
    assert trail(story) == [("root", "chghost", "bob", {"by": "root", "host": "tea.example", "before": "h"})]
    with story.database.reading() as database:
        assert database.scalar(select(SessionRow.host).where(SessionRow.id == session)) == "tea.example"
