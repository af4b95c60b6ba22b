"""Exports that continue where an earlier one ended."""

import csv
import json
import mailbox
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.events import Event, Kind
from app.events.data import RedactedData
from app.services.export import FORMAT_NAMES
from tests.cli.conftest import Admin
from tests.story import Story


def jsonl(path: Path) -> list[str]:
    """Return the texts in a JSON Lines file."""
    return [json.loads(line)["text"] for line in path.read_text().splitlines()]


def rows(path: Path) -> list[str]:
    """Return the texts in a CSV file."""
    with path.open(newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def mails(path: Path) -> list[str]:
    """Return the texts in a mailbox."""
    with closing(mailbox.mbox(path, create=False)) as box:
        return [mail.get_payload().strip() for mail in box]


def lines(path: Path) -> list[str]:
    """Return the texts in a text file."""
    return [line.rpartition("anna: ")[2] for line in path.read_text().splitlines() if "anna: " in line]


def items(path: Path) -> list[str]:
    """Return the texts in a Markdown file."""
    return [line.rpartition("** ")[2] for line in path.read_text().splitlines() if "**anna**" in line]


def records(path: Path) -> list[str]:
    """Return the texts in an SQLite file."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [text for (text,) in connection.execute("SELECT text FROM messages ORDER BY id")]


READ: dict[str, Callable[[Path], list[str]]] = {
    "jsonl": jsonl,
    "csv": rows,
    "mbox": mails,
    "txt": lines,
    "md": items,
    "sqlite": records,
}


@pytest.fixture
def room(chat: Story) -> int:
    """A room with two messages."""
    room = chat.create_room("#tea")
    chat.say(room, "anna", "one", "two")
    return room


@pytest.mark.parametrize("form", READ)
def test_an_export_is_continued_and_stays_valid(
    form: str, chat: Story, room: int, admin: Admin, folder: Path
) -> None:
    name = f"chat.{form}"
    end = admin("history", "export", "-o", name, "--json").json["last_id"]
    chat.say(room, "anna", "three")
    chat.say(chat.create_room("#ops"), "anna", "four")
    added = admin("history", "export", "-o", name, "--append", "--since-id", end, "--json").json
    assert added["lines"] == 2
    assert READ[form](folder / name)[:2] == ["one", "two"]
    assert sorted(READ[form](folder / name)[2:]) == ["four", "three"]
    before = (folder / name).read_bytes()
    ended = admin("history", "export", "-o", name, "--append", "--since-id", added["last_id"])
    assert (ended.code, ended.out) == (0, "")
    assert f"There is nothing newer than {added['last_id']}." in ended.err
    assert (folder / name).read_bytes() == before
    assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.iterdir() if "chat.db" not in path.name) == [name]


@pytest.mark.parametrize("form", FORMAT_NAMES)
def test_a_new_file_has_only_what_is_newer(
    form: str, chat: Story, room: int, admin: Admin, folder: Path
) -> None:
    end = admin("history", "export", "-o", f"a.{form}", "--json").json["last_id"]
    assert admin("history", "export", "-o", f"b.{form}", "--since-id", end).code == 0
    assert not (folder / f"b.{form}").exists()
    chat.say(room, "anna", "three")
    assert admin("history", "export", "-o", f"b.{form}", "--since-id", end, "-r", "tea").code == 0
    content = (folder / f"b.{form}").read_bytes()
    assert (b"three" in content, b"two" in content) == (True, False)


@pytest.mark.parametrize("form", ["json", "html"])
def test_a_format_with_an_end_is_not_continued(form: str, room: int, admin: Admin, folder: Path) -> None:
    admin("history", "export", "-o", f"chat.{form}")
    before = (folder / f"chat.{form}").read_bytes()
    ended = admin("history", "export", "-o", f"chat.{form}", "--append", "--since-id", "0")
    assert (ended.code, ended.out) == (2, "")
    assert f"A {form} file cannot be continued" in ended.err
    assert (folder / f"chat.{form}").read_bytes() == before


def test_what_was_redacted_since_leaves_the_sqlite_file(
    chat: Story, room: int, admin: Admin, folder: Path
) -> None:
    chat.say(room, "anna", "a slip of the tongue")
    report = admin("history", "export", "-o", "chat.sqlite", "--json").json
    slip = int(report["last_id"], 36)
    chat.record(Event(Kind.REDACTED, room=room, nick="anna", target="#tea", data=RedactedData(slip)))
    admin("history", "export", "-o", "chat.sqlite", "--append", "--since-id", report["last_id"])
    assert records(folder / "chat.sqlite") == ["one", "two"]
    assert b"slip of" not in (folder / "chat.sqlite").read_bytes()


def test_standard_output_is_continued_without_a_second_header(chat: Story, room: int, admin: Admin) -> None:
    shown = admin("history", "export", "-f", "csv", "--since-id", "0", "--append").out
    assert shown.startswith("3,") or "msgid" not in shown
    assert "one" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["--since-id", "a-b"], 2, "a-b is not a message id"),
        (["--since-id", "zzzz"], 5, "it belongs to another database"),
        (["--append"], 2, "--append requires --since-id"),
        (["-f", "sqlite"], 2, "name a file with --out FILE"),
        (["-o", "/dev/stdout", "-f", "sqlite"], 2, "name a file with --out FILE"),
        (["-o", "torn.jsonl", "--append", "--since-id", "0"], 1, "does not end with a line end"),
        (["-o", "torn.sqlite", "--append", "--since-id", "0"], 1, "is not an export that can be continued"),
    ],
)
def test_what_cannot_be_continued_is_refused(
    arguments: list[str], code: int, reason: str, room: int, admin: Admin, folder: Path
) -> None:
    for name in ("torn.jsonl", "torn.sqlite"):
        (folder / name).write_text('{"text": "half')
    ended = admin("history", "export", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert reason in ended.err
    assert (folder / "torn.jsonl").read_text() == (folder / "torn.sqlite").read_text() == '{"text": "half'


def test_the_sqlite_file_says_what_it_contains(room: int, admin: Admin, folder: Path) -> None:
    report = admin("history", "export", "-o", "chat.sqlite", "--json").json
    with closing(sqlite3.connect(folder / "chat.sqlite")) as connection:
        info = dict(connection.execute("SELECT name, value FROM info"))
        (first, *_) = connection.execute("SELECT msgid, room, nick, text FROM messages").fetchall()
    assert (info["format"], info["server"], info["last_id"]) == ("1", "Server", report["last_id"])
    assert first[1:] == ("#tea", "anna", "one")
