"""What chat-admin does, as whoever runs a chat sees it."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.cli.admin import moments
from app.cli.admin.outfile import written
from app.clock import from_iso, to_iso
from app.errors import UsageError
from app.events import Event, Kind
from tests.cli.conftest import Admin
from tests.old_program import old_database
from tests.story import Story

PROGRAM = [sys.executable, "-c", "from app.cli.admin import main; main()"]
NOW = from_iso("2026-11-22T15:30:00Z")


# times

SPANS = [
    ("2026-11-01", "2026-11-01T00:00:00.000Z", "2026-11-01T23:59:59.999Z"),
    ("2026-11-01 10:00", "2026-11-01T10:00:00.000Z", "2026-11-01T10:00:00.000Z"),
    ("2026-11-01T10:00+02:00", "2026-11-01T08:00:00.000Z", "2026-11-01T08:00:00.000Z"),
    ("2h", "2026-11-22T13:30:00.000Z", "2026-11-22T13:30:00.000Z"),
    ("2 hours ago", "2026-11-22T13:30:00.000Z", "2026-11-22T13:30:00.000Z"),
    ("now", "2026-11-22T15:30:00.000Z", "2026-11-22T15:30:00.000Z"),
    ("yesterday", "2026-11-21T00:00:00.000Z", "2026-11-21T23:59:59.999Z"),
    ("last friday", "2026-11-20T00:00:00.000Z", "2026-11-20T23:59:59.999Z"),
    ("february 2024", "2024-02-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z"),
]


@pytest.mark.parametrize(("text", "first", "last"), SPANS)
def test_times_as_people_write_them(text: str, first: str, last: str) -> None:
    assert to_iso(moments.since(text, NOW) or 0) == first
    assert to_iso(moments.until(text, NOW) or 0) == last


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "2026-11-22 25:00", "99999999999h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        moments.since(text, NOW)


@pytest.mark.parametrize(
    ("text", "length"),
    [("30m", 1800), ("12h", 43200), ("2d", 172800), ("3w", 1814400), ("1h30m", 5400), ("2 days", 172800)],
)
def test_lengths_of_time(text: str, length: int) -> None:
    assert moments.duration(text) == timedelta(seconds=length)


@pytest.mark.parametrize("text", ["", "d", "2", "2x", "0d", "9999999w", "two days", "1d!"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        moments.duration(text)


# files


def test_a_file_is_replaced_whole_and_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("before")
    with written(path) as file:
        file.write("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def refuse(text: str) -> str:
    """Fail in the middle of an export."""
    raise ValueError(text)


def test_a_failure_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("before")
    with pytest.raises(ValueError, match="half"), written(path) as file:
        file.write(refuse("half"))
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real.txt")
    with written(tmp_path / "link") as file:
        file.write("x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "x"


# commands


@pytest.fixture
def talk(chat: Story) -> Story:
    """Two rooms, a private conversation, a rude text."""
    tea, ops = chat.room("#tea"), chat.room("#ops")
    chat.says(tea, "anna", "hello", "\x1b[2Jclear")
    chat.says(ops, "Борис", "привет")
    chat.whispers("anna", "bob", "psst")
    chat.happens(Event(Kind.TOPIC, room=tea, nick="anna", text="Assam"))
    return chat


def lines(text: str) -> list[str]:
    """Return the texts of a jsonl export."""
    return [json.loads(line)["text"] for line in text.splitlines()]


def test_an_export_of_everything_said(talk: Story, admin: Admin) -> None:
    assert lines(admin("export-history").out) == ["hello", "\x1b[2Jclear", "привет"]
    assert lines(admin("export-history", "--events", "-r", "tea").out) == [
        "",
        "hello",
        "\x1b[2Jclear",
        "Assam",
    ]
    assert lines(admin("export-history", "--room", "#TEA", "--room", "ops", "--user", "БОРИС").out) == [
        "привет"
    ]
    assert lines(admin("export-history", "--since", "2h", "--until", "1h").out) == []
    assert [row["text"] for row in admin("export-history", "--json").json] == [
        "hello",
        "\x1b[2Jclear",
        "привет",
    ]


def test_private_conversations_are_exported_on_demand_and_on_record(talk: Story, admin: Admin) -> None:
    assert lines(admin("export-history", "--direct").out)[-1] == "psst"
    (trace,) = admin("audit", "list", "--json").json
    assert (trace["action"], trace["detail"]) == ("history.export", {"direct": True})


def test_an_export_to_a_file_takes_its_format_from_the_name(talk: Story, admin: Admin, folder: Path) -> None:
    for name in ("all.html", "all.csv", "all.md", "all.txt", "all.json"):
        ended = admin("export-history", "--out", name)
        assert (ended.code, ended.out) == (0, "")
        assert ended.err == f"Wrote 3 lines of history to {name}.\n"
    assert (folder / "all.html").read_text().startswith("<!DOCTYPE html>")
    assert len(json.loads((folder / "all.json").read_text())) == 3
    assert admin("export-history", "--out", "x", "--json").json == {"file": "x", "lines": 3}


def test_an_export_never_becomes_the_database(talk: Story, admin: Admin, folder: Path) -> None:
    ended = admin("export-history", "--out", "./chat.db")
    assert ended.code == 2
    assert "is the database itself" in ended.err
    assert admin("db", "check").code == 0
    assert admin("export-history", "--out", "nowhere/x").code == 1


@pytest.mark.parametrize("form", ["jsonl", "json", "csv", "md", "html", "txt"])
def test_no_export_holds_a_secret(form: str, talk: Story, admin: Admin) -> None:
    admin("user", "create", "anna", "--password-stdin", stdin="tea-for-two\n")
    talk.connects("anna", "anna", "198.51.100.7")
    text = admin("export-history", "-f", form, "--events", "--direct").out
    assert "psst" in text
    assert not re.search(r"argon2|tea-for-two|198\.51", text)


def test_history_is_shown_as_the_client_does(talk: Story, admin: Admin) -> None:
    shown = admin("history", "show", "tea", "--events").out.splitlines()
    assert [re.sub(r"^\[.{19}\] ", "", line) for line in shown] == [
        "-- server made the room #tea",
        "anna: hello",
        "anna: [2Jclear",
        "-- anna set the topic: Assam",
    ]
    assert admin("history", "show", "-n", "1").out.startswith("#ops [")


def test_a_password_comes_from_a_file_or_from_standard_input(chat: Story, admin: Admin, folder: Path) -> None:
    assert admin("user", "create", "a", "--password-stdin", stdin="first line\nsecond").code == 0
    (folder / "pw").write_bytes(b"\xff\xff")
    assert admin("user", "create", "b", "--password-file", "pw").code == 2
    assert admin("user", "create", "b", "--password-file", "nothing").code == 1
    assert admin("user", "create", "b", "--password-stdin", "--password-file", "pw").code == 2
    assert admin("user", "create", "b", "--password-stdin", stdin="").code == 2
    assert "unseen" not in admin("user", "create", "b").err
    assert [row["name"] for row in admin("user", "list", "--json").json] == ["a"]


def test_kicks_are_for_who_is_there(chat: Story, admin: Admin) -> None:
    session = chat.connects("anna")
    room = chat.room("#tea")
    assert admin("kick", "anna", "--room", "#tea").code == 5
    chat.joins(session, "anna", room)
    assert admin("kick", "anna", "--room", "#tea", "--reason", "enough").out == "anna is put out of #tea.\n"
    assert admin("kick", "ANNA").code == 0
    assert admin("announce", "hello", "--json").json == {"text": "hello", "online": 1}
    assert admin("announce", "two\nlines").code == 2


def test_a_check_ends_with_3_when_it_finds_something(talk: Story, admin: Admin) -> None:
    assert admin("db", "check", "--json").json == []
    with talk.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM event WHERE id = 4")
        connection.exec_driver_sql("CREATE TABLE stray (id INTEGER)")
    ended = admin("db", "check")
    assert ended.code == 3
    assert "The log has a gap between event 3 and event 5." in ended.out
    assert "stray" in ended.out


def test_an_import_reports_what_it_did_and_what_it_could_not(admin: Admin, folder: Path) -> None:
    old_database(folder / "old.db", users=[(1, "anna", "tea-for-two"), (2, "x y", "z-z-z-z")])
    rehearsal = admin("import-legacy", "old.db", "--dry-run", "--json").json
    assert not (folder / "chat.db").exists()
    report = admin("import-legacy", "old.db", "--json").json
    assert report == {**rehearsal, "dry_run": False}
    assert (report["accounts_taken"], report["messages_taken"], len(report["refused"])) == (1, 4, 1)
    again = admin("import-legacy", "old.db")
    assert again.code == 0
    assert re.search(r"accounts_known: +1\n", again.out)
    assert "x y" in again.out
    assert "Delete that file" in again.err
    assert "tea-for-two" not in again.out + again.err


def test_the_server_of_an_old_file_is_told_what_to_do(admin: Admin, folder: Path) -> None:
    old_database(folder / "chat.db")
    ended = admin("list-users")
    assert ended.code == 1
    assert "chat-admin -d NEW.db import-legacy chat.db" in ended.err


def test_a_busy_database_is_a_sentence(talk: Story, admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.admin.desk.PATIENCE", 50)
    with talk.database.locked():
        ended = admin("announce", "hello")
    assert ended.code == 1
    assert "database is locked" in ended.err
    assert "nothing was changed" in ended.err


# on a terminal


@pytest.fixture
def terminal(chat: Story, folder: Path) -> Iterator["Terminal"]:
    """A terminal on which chat-admin runs."""
    with Terminal(folder) as terminal:
        yield terminal


class Terminal:
    """Runs the program with a terminal for all three streams, and answers what it asks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> "Terminal":
        self._ours, self._theirs = pty.openpty()
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._ours)
        os.close(self._theirs)

    def run(self, *arguments: str, answers: dict[str, str] | None = None) -> tuple[int, str]:
        """Run to the end; each question is answered when it is seen. Returns exit code and what was shown."""
        environment = {
            **os.environ,
            "TERM": "xterm",
            "COLUMNS": "120",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        streams = {"stdin": self._theirs, "stdout": self._theirs, "stderr": self._theirs}
        with subprocess.Popen(
            [*PROGRAM, *arguments], cwd=self._folder, env=environment, start_new_session=True, **streams
        ) as process:
            shown = self._converse(process, dict(answers or {}))
        return process.returncode, shown

    def _converse(self, process: "subprocess.Popen[bytes]", answers: dict[str, str]) -> str:
        shown = b""
        os.set_blocking(self._ours, False)
        while process.poll() is None or self._has_more():
            try:
                shown += os.read(self._ours, 4096)
            except BlockingIOError:
                continue
            for question in [q for q in answers if q.encode() in shown]:
                os.write(self._ours, answers.pop(question).encode() + b"\n")
        return shown.decode()

    def _has_more(self) -> bool:
        import select

        return bool(select.select([self._ours], [], [], 0)[0])


def test_on_a_terminal_a_password_is_typed_unseen_and_twice(terminal: Terminal) -> None:
    answers = {"Password: ": "tea-for-two", "Once more: ": "tea-for-two"}
    code, shown = terminal.run("user", "create", "anna", answers=answers)
    assert code == 0, shown
    assert "Made the account anna" in shown
    assert "tea-for-two" not in shown


def test_on_a_terminal_a_no_changes_nothing(terminal: Terminal, chat: Story, admin: Admin) -> None:
    chat.account("anna")
    code, shown = terminal.run("user", "disable", "anna", answers={"[y/N]": "n"})
    assert (code, "Nothing was changed." in shown) == (1, True)
    assert terminal.run("user", "disable", "anna", answers={"[y/N]": "y"})[0] == 0
    code, shown = terminal.run("user", "list")
    assert re.search(r"anna\s+user\s+yes", shown)
    assert "━" in shown or "─" in shown
