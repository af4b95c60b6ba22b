"""`chat-admin history verify` says what was changed, and compares with digests noted earlier."""

import sqlite3
from contextlib import closing

import pytest

from tests.cli.conftest import Admin
from tests.story import Story


@pytest.fixture(autouse=True)
def room(chat: Story) -> int:
    """A room with three messages."""
    room = chat.create_room("#tea")
    chat.say(room, "anna", "one", "two", "three")
    return room


def tamper(chat: Story, *statements: str) -> None:
    """Change the database as another program would."""
    with closing(sqlite3.connect(str(chat.database))) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_an_unaltered_log_shows_its_digest(admin: Admin) -> None:
    ended = admin("history", "verify")
    assert (ended.code, ended.err) == (0, "")
    values = dict(line.split() for line in ended.out.splitlines())
    position, _, digest = values.pop("digest:").partition(":")
    assert (position, len(digest)) == ("4", 64)
    assert values == {"last_id:": "4", "events:": "4", "erased:": "0", "removed:": "0"}


def test_changes_are_listed_with_their_positions(chat: Story, admin: Admin, room: int) -> None:
    chat.say(room, "bob", "four")
    tamper(chat, "UPDATE event SET text = 'too' WHERE id = 3", "DELETE FROM event WHERE id = 5")
    ended = admin("history", "verify")
    assert ended.code == 3
    assert "was changed: 2 findings." in ended.err
    assert [line.split(None, 2) for line in ended.out.splitlines()] == [
        ["first", "last", "problem"],
        ["2", "4", "An event or the digest of the batch was altered."],
        ["5", "5", "Missing from the log."],
    ]
    assert admin("history", "verify", "--json").json["findings"] == [
        {"first": 2, "last": 4, "problem": "An event or the digest of the batch was altered."},
        {"first": 5, "last": 5, "problem": "Missing from the log."},
    ]


def test_a_log_that_was_rewritten_has_another_digest(chat: Story, admin: Admin, room: int) -> None:
    noted = admin("history", "verify", "--json").json["digest"]
    chat.say(room, "anna", "four")
    assert admin("history", "verify", "--expect", noted).code == 0
    tamper(chat, "DELETE FROM event", "DELETE FROM hash_chain")
    for text in ("one", "too", "three", "four"):
        chat.say(room, "anna", text)
    assert admin("history", "verify").code == 0
    ended = admin("history", "verify", "--expect", noted)
    assert ended.code == 3
    assert "The log is not the one whose digest is known." in ended.out


@pytest.mark.parametrize("text", ["", "4", "4:abc", "x:" + "0" * 64, "0:" + "0" * 64, "-1:" + "0" * 64])
def test_a_malformed_digest_is_refused(admin: Admin, text: str) -> None:
    ended = admin("history", "verify", f"--expect={text}")
    assert (ended.code, ended.out) == (2, "")
    assert "not a position with its digest" in ended.err


def test_an_unfinished_chain_is_no_finding(chat: Story, admin: Admin) -> None:
    tamper(chat, "DELETE FROM hash_chain", "UPDATE event SET people_salt = NULL, content_salt = NULL")
    ended = admin("history", "verify")
    assert ended.code == 0
    assert "those after 0 have none yet" in ended.err
    assert admin("db", "upgrade", "--json").json["chained"] == 4
    ended = admin("history", "verify")
    assert (ended.code, ended.err) == (0, "")
