"""The views: their documented columns and queries, and what they never show."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, table, text
from sqlalchemy.exc import ProgrammingError

from app.clock import from_iso, to_iso
from app.db.database import Database
from app.db.migration import migrate
from app.db.views import VIEWS, create_views, drop_views
from app.events import Event, Kind, RoomKey, msgid
from app.events.data import CertificateData, MessageData, ModeData, RedactedData
from app.services.accounts.accounts import registration_event
from app.services.erasure import purge
from app.services.erasure.accounts import delete_account
from app.services.erasure.subject import Messages
from app.services.rooms.administration import delete_room
from tests.conftest import MovedClock
from tests.story import SECRET, Story

PAGE = (Path(__file__).parents[2] / "docs" / "sql.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?);\n```", PAGE, re.DOTALL)
SECRETS = {
    "password hash": SECRET.password_hash,
    "verifier": SECRET.scram,
    "e-mail": "anna@example.org",
    "key": "sesame",
    "address": "198.51.100.7",
    "certificate": "f1" * 32,
    "private message": "only between us",
    "message to operators": "operators only",
    "redacted": "never said",
}
PSEUDONYM = "deleted-user-00000001"
NOON = from_iso("2026-11-22T11:59:59.007Z")


@pytest.fixture
def story(database: Database) -> Story:
    """A morning in which everything happens that the views tell or hide."""
    story = Story(database, MovedClock(NOON))
    _register(story)
    tea, ops = story.create_room("#tea"), story.create_room("#ops", modes="nst")
    story.create_room("#quiet")
    anna = story.connect("ann_phone", "anna", address=SECRETS["address"])
    story.join(anna, "ann_phone", tea)
    key = ModeData([("+", "k", "*", None), ("+", "o", "ann_phone", _account(story, "anna"))])
    secret = RoomKey(SECRETS["key"], "+ko sesame ann_phone")
    story.record(
        Event(Kind.MODE, room=ops, nick="anna", target="#ops", text="+ko *", data=key, secret=secret)
    )
    story.say(tea, "ann_phone", "hello", "\x01ACTION waves\x01", account="anna")
    story.say(tea, "bob", "an answer", data=MessageData(tags={"+draft/reply": msgid(_last(story) - 1)}))
    story.record(Event(Kind.NOTICE, room=tea, nick="bot", text="tea is ready"))
    story.say(tea, "legacy", "from before", data=MessageData(author="Old Hand", imported=True), at=NOON)
    _hide(story, tea)
    old = story.create_room("#old")
    story.say(old, "bob", "in a room that is gone")
    story.apply(lambda admin: delete_room(admin, "#old", (), ""))
    story.say(ops, "ann_phone", "in a secret room", account="anna")
    return story


def _register(story: Story) -> None:
    story.record(registration_event(story.clock, "anna", replace(SECRET, email=SECRETS["e-mail"])))
    story.create_account("bela")
    certificate = CertificateData(_account(story, "anna"), SECRETS["certificate"])
    story.record(Event(Kind.CERTIFICATE_ADDED, nick="anna", account="anna", data=certificate))
    story.set_account_metadata("anna", **{"display-name": "Anna K."})


def _hide(story: Story, room: int) -> None:
    """Record what the views must not show."""
    story.send_private("anna", "bob", SECRETS["private message"])
    for_operators = {"conversation": f"o{room}", "target": "@#tea"}
    story.record(Event(Kind.PRIVMSG, nick="bob", text=SECRETS["message to operators"], **for_operators))
    story.say(room, "bob", SECRETS["redacted"])
    story.record(Event(Kind.REDACTED, room=room, nick="bob", target="#tea", data=RedactedData(_last(story))))


def _account(story: Story, name: str) -> int:
    with story.database.engine.connect() as connection:
        query = text("SELECT id FROM account WHERE name = :name")
        return int(connection.execute(query, {"name": name}).scalar_one())


def _last(story: Story) -> int:
    with story.database.engine.connect() as connection:
        return int(connection.execute(text("SELECT max(id) FROM event")).scalar_one())


def rows(database: Database, query: str) -> Sequence[dict[str, Any]]:
    """Return the rows of a query."""
    with database.engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]


def documented_columns(view: str) -> list[str]:
    """Return the columns that the page lists for a view, in order."""
    section = PAGE.partition(f"\n### {view}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return re.findall(r"`(\w+)`", "".join(cells))


def test_every_column_is_documented_in_order(database: Database) -> None:
    with database.engine.connect() as connection:
        for view in VIEWS:
            everything = connection.execute(select(text("*")).select_from(table(view)))
            assert list(everything.keys()) == documented_columns(view)


def test_the_page_lists_all_views() -> None:
    assert re.findall(r"^### (chat_\w+)$", PAGE, re.MULTILINE) == list(VIEWS)


def test_every_documented_query_finds_something(story: Story) -> None:
    assert len(QUERIES) >= 10
    assert [query for query in QUERIES if not rows(story.database, query.replace(":", r"\:"))] == []


def test_views_show_no_secrets(story: Story) -> None:
    with story.database.engine.connect() as connection:
        shown = [str(connection.execute(select(text("*")).select_from(table(view))).all()) for view in VIEWS]
    assert "[]" not in shown
    assert [name for name, secret in SECRETS.items() if secret in str(shown)] == []


def test_messages_are_shown_as_they_were_sent(story: Story) -> None:
    found = rows(story.database, "SELECT * FROM chat_messages ORDER BY id")
    assert [(row["room"], row["kind"], row["nick"], row["account"], row["text"]) for row in found] == [
        ("#tea", "message", "ann_phone", "anna", "hello"),
        ("#tea", "action", "ann_phone", "anna", "waves"),
        ("#tea", "message", "bob", None, "an answer"),
        ("#tea", "notice", "bot", None, "tea is ready"),
        ("#tea", "message", "Old Hand", None, "from before"),
        ("#tea", "message", "bob", None, None),
        (None, "message", "bob", None, "in a room that is gone"),
        ("#ops", "message", "ann_phone", "anna", "in a secret room"),
    ]
    assert [row["redacted"] for row in found] == [0, 0, 0, 0, 0, 1, 0, 0]
    assert found[2]["reply_to"] == found[0]["msgid"]
    assert all(row["msgid"] == msgid(row["id"]) for row in found)
    assert all(row["sent_at"] == to_iso(row["sent_ms"]) for row in found)


def test_message_ids_are_those_that_clients_see(database: Database) -> None:
    positions = [35, 36, 46_655, 46_656, 123_456_789_012]
    with database.engine.begin() as connection:
        connection.execute(
            text(
                'INSERT INTO event (id, kind, at, room_id, nick, "user", host, text)'
                " VALUES (:id, 'privmsg', 0, 1, 'anna', 'u', 'h', 'hello')"
            ),
            [{"id": position} for position in positions],
        )
    found = rows(database, "SELECT msgid, sent_at FROM chat_messages ORDER BY id")
    assert [row["msgid"] for row in found] == [msgid(position) for position in positions]
    assert {row["sent_at"] for row in found} == {"1970-01-01T00:00:00.000Z"}


def test_rooms_users_and_members(story: Story) -> None:
    database = story.database
    flags = "SELECT name, secret, invite_only, has_key, official, members FROM chat_rooms ORDER BY name"
    assert [tuple(row.values()) for row in rows(database, flags)] == [
        ("#ops", 1, 0, 1, 1, 0),
        ("#quiet", 0, 0, 0, 1, 0),
        ("#tea", 0, 0, 0, 1, 1),
    ]
    users = "SELECT name, display_name, disabled, online FROM chat_users ORDER BY name"
    assert [tuple(row.values()) for row in rows(database, users)] == [
        ("anna", "Anna K.", 0, 1),
        ("bela", None, 0, 0),
    ]
    members = "SELECT room, nick, account, role, present FROM chat_membership ORDER BY room"
    assert [tuple(row.values()) for row in rows(database, members)] == [
        ("#ops", "anna", "anna", "operator", 0),
        ("#tea", "ann_phone", "anna", "member", 1),
    ]
    activity = "SELECT day, room, messages, redacted, authors FROM chat_daily_activity ORDER BY room_id"
    assert [tuple(row.values()) for row in rows(database, activity)] == [
        ("2026-11-22", "#tea", 5, 1, 4),
        ("2026-11-22", "#ops", 1, 0, 1),
        ("2026-11-22", None, 1, 0, 1),
    ]


def test_a_missing_or_changed_view_is_a_difference(database: Database) -> None:
    with database.engine.begin() as connection:
        drop_views(connection)
        create_views(connection)
        assert migrate.differences(connection) == []
        connection.execute(text("DROP VIEW chat_users"))
        connection.execute(text("DROP VIEW chat_rooms"))
        connection.execute(text("CREATE VIEW chat_rooms AS SELECT 1 AS id"))
        assert migrate.differences(connection) == [
            "The columns of the view chat_rooms differ.",
            "The view chat_users is missing.",
        ]


@pytest.fixture
def reader(story: Story) -> Connection:
    """A connection as a role that was granted the views, as the page describes."""
    if story.database.dialect.name != "postgresql":
        pytest.skip("SQLite has no roles")
    return story.database.engine.connect()


def test_a_reader_on_postgresql_sees_only_the_views(story: Story, reader: Connection) -> None:
    grant = re.search(r"GRANT SELECT ON [^;]*;", PAGE)
    assert grant is not None
    with reader, reader.begin():
        reader.execute(text(f"CREATE ROLE {story.database.url.database}_reader"))
        reader.execute(text(grant[0].replace("TO reader", f"TO {story.database.url.database}_reader")))
        create_views(reader)  # an upgrade replaces the views
        reader.execute(text(f"SET LOCAL ROLE {story.database.url.database}_reader"))
        assert reader.execute(text("SELECT count(*) FROM chat_messages")).scalar() == 8
        with pytest.raises(ProgrammingError, match="permission denied"), reader.begin_nested():
            reader.execute(text("SELECT * FROM account"))
        reader.execute(text("RESET ROLE"))
        reader.execute(text(f"DROP OWNED BY {story.database.url.database}_reader"))
        reader.execute(text(f"DROP ROLE {story.database.url.database}_reader"))


@pytest.mark.parametrize(
    ("messages", "shown"),
    [
        (Messages.KEEP, ["ann_phone"]),
        (Messages.ANONYMISE, [PSEUDONYM]),
        (Messages.ERASE, []),
    ],
)
def test_a_deleted_user_is_shown_as_the_log_has_them(
    messages: Messages, shown: list[str], story: Story
) -> None:
    change = story.apply(lambda admin: delete_account(admin, "anna", messages, 30, PSEUDONYM))
    purge.complete_erasure(story.database, story.clock, change.events[-1].id, lambda passed: None)
    written = "SELECT DISTINCT nick, account FROM chat_messages WHERE text IN ('hello', 'waves')"
    assert [(row["nick"], row["account"]) for row in rows(story.database, written)] == [
        (nick, None) for nick in shown
    ]
    people = [row["name"] for row in rows(story.database, "SELECT name FROM chat_users")]
    members = [row["account"] for row in rows(story.database, "SELECT account FROM chat_membership")]
    assert "anna" not in [*people, *members]
