"""chat-admin retention, room retention and db vacuum."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.cli.admin.commands.rooms import room_retention
from app.db.space import sqlite as sqlite_space
from app.settings import ServerSettings
from tests.cli.conftest import Admin
from tests.story import Story

DAY = 86_400_000


@pytest.fixture
def tea(chat: Story, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A room with two messages that are 40 days old, and one of today."""
    now = chat.clock.now()
    monkeypatch.setattr(chat.clock, "now", lambda: now - 40 * DAY)
    room = chat.create_room("#tea")
    chat.say(room, "anna", "old", "older")
    monkeypatch.setattr(chat.clock, "now", lambda: now)
    chat.say(room, "anna", "new")
    return chat


def test_a_room_is_limited_after_a_dry_run_and_a_confirmation(tea: Story, admin: Admin) -> None:
    assert admin("room", "retention", "#tea", "--days", "30", "--dry-run").out == (
        "2 messages and 1 other event would be removed from #tea.\n"
    )
    assert admin("room", "retention", "tea").out.splitlines()[1].split() == ["days:", "0"]
    refused = admin("room", "retention", "#tea", "--days", "30")
    assert (refused.code, refused.err) == (
        2,
        "Error: Remove 2 messages and 1 other event from #tea permanently? "
        "Nothing was changed: there is no terminal to confirm on. Use --yes.\n",
    )
    assert admin("room", "retention", "#tea", "--days", "30", "-y").out == (
        "The history of #tea is now kept for 30 days.\n"
    )
    again = admin("room", "retention", "#tea", "--days", "30", "-y", "--json").json
    assert again == {"room": "#tea", "days": 30, "expired": 3, "changed": False}
    assert admin("room", "retention", "#tea", "--forever").out == "The history of #tea is now kept forever.\n"


def test_only_one_limit_may_be_given(chat: Story, admin: Admin) -> None:
    ended = admin("room", "retention", "#tea", "--forever", "--default")
    assert (ended.code, ended.err) == (2, "Error: Give only one of --days, --forever and --default.\n")


def test_a_run_removes_what_its_dry_run_lists(tea: Story, admin: Admin) -> None:
    assert admin("retention", "run").err == "Nothing has expired.\n"
    admin("room", "retention", "#tea", "--days", "30", "--yes")
    expected = [{"history": "#tea", "messages": 2, "other_events": 1}]
    assert admin("retention", "run", "--dry-run", "--json").json == expected
    assert admin("retention", "run").err.startswith("Error: Remove 3 expired events permanently?")
    assert admin("retention", "run", "--yes", "--json").json == expected
    assert admin("retention", "run", "--yes", "--json").json == []
    (shown,) = [row for row in admin("retention", "show", "--json").json if row["history"] == "#tea"]
    assert (shown["days"], shown["removed"]) == (30, 3)
    assert next(row["text"] for row in admin("history", "show", "#tea", "--json").json) == "new"
    (entry,) = admin("audit", "list", "--action", "retention.run", "--json").json
    assert entry["actor"].startswith("admin:")
    assert (entry["detail"]["events"], entry["detail"]["rooms"]) == (3, 1)


def test_the_settings_are_the_default(tea: Story, admin: Admin, folder: Path) -> None:
    (folder / "serverSetup.json").write_text('{"retention_days": 30, "direct_retention_days": 7}')
    shown = admin("retention", "show", "--json").json
    assert [(row["history"], row["days"]) for row in shown] == [("rooms", 30), ("private messages", 7)]
    assert admin("retention", "run", "--dry-run", "--json").json[0]["messages"] == 2
    assert admin("room", "retention", "#tea", "--default", "--yes", "--json").json["changed"] is False


def test_a_hold_suspends_the_removal(tea: Story, admin: Admin) -> None:
    admin("room", "retention", "#tea", "--days", "30", "--yes")
    assert admin("retention", "hold", "#tea", "--reason", "court order").out == (
        "Nothing is removed from #tea until `chat-admin retention release`.\n"
    )
    assert admin("retention", "run", "--yes").err == "Nothing has expired.\n"
    assert admin("room", "retention", "#tea", "--json").json["hold"] == "court order"
    assert admin("retention", "release", "#tea").out == "The hold of #tea has ended.\n"
    assert admin("retention", "release", "#tea").out == "#tea has no hold.\n"
    assert len(admin("retention", "run", "--yes", "--json").json) == 1
    missing = admin("retention", "hold", "#tea", "--reason", " ")
    assert (missing.code, missing.err) == (2, "Error: The reason must be 1 to 390 characters long.\n")


def test_the_history_of_a_held_room_cannot_be_erased(tea: Story, admin: Admin) -> None:
    admin("retention", "hold", "#tea", "--reason", "court order")
    ended = admin("room", "delete", "#tea", "--erase-history", "--yes")
    assert (ended.code, ended.err) == (
        1,
        "Error: The history of #tea must not be erased: court order. "
        "End the hold first, with `chat-admin retention release '#tea'`.\n",
    )
    assert admin("room", "show", "#tea").code == 0


def test_a_deleted_room_keeps_its_policy(tea: Story, admin: Admin) -> None:
    admin("retention", "hold", "#tea", "--reason", "court order")
    admin("room", "delete", "#tea", "--yes")
    shown = admin("retention", "show", "--json").json
    assert [row["history"] for row in shown] == ["rooms", "private messages", "#tea (deleted)"]
    assert admin("retention", "release", "#tea").code == 0


def test_a_database_without_incremental_vacuum_gets_it_from_a_vacuum(
    folder: Path, admin: Admin, sqlite_template: Path
) -> None:
    with (
        closing(sqlite3.connect(folder / "chat.db")) as new,
        closing(sqlite3.connect(sqlite_template)) as old,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode=WAL")
        new.execute("PRAGMA auto_vacuum=NONE")
        new.execute("VACUUM")
        new.execute("CREATE TABLE filler (text)")
        new.execute(
            "INSERT INTO filler SELECT hex(randomblob(1000)) FROM json_each(?)", ["[1,2,3,4,5,6,7,8,9]"]
        )
        new.commit()
        new.execute("DROP TABLE filler")
        new.commit()
        assert new.execute("PRAGMA auto_vacuum").fetchone() == (0,)
    ended = admin("db", "vacuum", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["after"] < ended.json["before"]
    with closing(sqlite3.connect(folder / "chat.db")) as changed:
        assert changed.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    (entry,) = admin("audit", "list", "--json").json
    assert (entry["action"], entry["detail"]["after"]) == ("db.vacuum", ended.json["after"])


def test_vacuum_refuses_a_database_in_use_and_a_full_disk(
    chat: Story, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(chat.database.dialect.claim(chat.database.engine)):
        ended = admin("db", "vacuum")
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.startswith("Error: Another server is running on chat.db; stop it")
    monkeypatch.setattr(sqlite_space, "VACUUM_SPACE", 1 << 40)
    ended = admin("db", "vacuum")
    assert ended.code == 1
    assert "Make room, and try again." in ended.err
    assert admin("audit", "list", "--json").json == []


def test_the_longest_limit_of_a_room_is_that_of_the_setting() -> None:
    metadata = ServerSettings.model_fields["retention_days"].metadata
    assert room_retention.MAX_DAYS in [getattr(mark, "le", None) for mark in metadata]
