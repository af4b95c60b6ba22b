"""What chat-admin does, as whoever runs a chat sees it."""

import json
import re
from pathlib import Path

import pytest

from app.events import Event, Kind
from app.services.accounts.passwords import verify_login
from app.wire.names import fold
from tests.cli.conftest import Admin
from tests.legacy_database import old_database
from tests.story import Story


@pytest.fixture
def talk(chat: Story) -> Story:
    """Two rooms, a private conversation, a rude text."""
    tea, ops = chat.create_room("#tea"), chat.create_room("#ops")
    chat.say(tea, "anna", "hello", "\x1b[2Jclear")
    chat.say(ops, "Борис", "привет")
    chat.send_private("anna", "bob", "psst")
    chat.record(Event(Kind.TOPIC, room=tea, nick="anna", text="Assam"))
    return chat


def lines(text: str) -> list[str]:
    """Return the texts of a jsonl export."""
    return [json.loads(line)["text"] for line in text.splitlines()]


def test_an_export_contains_all_messages(talk: Story, admin: Admin) -> None:
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


def test_exporting_private_conversations_is_audited(talk: Story, admin: Admin) -> None:
    assert lines(admin("export-history", "--direct").out)[-1] == "psst"
    (trace,) = admin("audit", "list", "--json").json
    assert (trace["action"], trace["detail"]) == ("history.export", {"direct": True})


def test_search_matches_messages_with_all_words(talk: Story, admin: Admin) -> None:
    assert admin("history", "search", "ПРИВ").out.endswith("Борис: привет\n")
    assert [row["text"] for row in admin("history", "search", "--json", "HELLO").json] == ["hello"]
    assert admin("history", "search", "hello", "there").err == "No matching messages.\n"
    assert admin("history", "search", "Assam").out == ""  # a topic is not a message
    assert admin("history", "search", "ps").out == ""
    assert [row["text"] for row in admin("history", "search", "--json", "e", "-n", "1").json] == [
        "\x1b[2Jclear"
    ]
    assert admin("history", "search", "e", "--user", "борис").out == ""
    assert admin("history", "search", "hello", "--room", "ops").out == ""


def test_searching_private_conversations_is_audited(talk: Story, admin: Admin) -> None:
    assert admin("history", "search", "psst", "--direct").out.startswith("anna and bob ")
    (trace,) = admin("audit", "list", "--json").json
    assert (trace["action"], trace["detail"]) == ("history.search", {"direct": True})


def test_the_export_format_follows_the_file_extension(talk: Story, admin: Admin, folder: Path) -> None:
    for name in ("all.html", "all.csv", "all.md", "all.txt", "all.json"):
        ended = admin("export-history", "--out", name)
        assert (ended.code, ended.out) == (0, "")
        assert ended.err.startswith(f"Wrote 3 lines to {name}.\nTo continue later: --since-id ")
    assert (folder / "all.html").read_text().startswith("<!DOCTYPE html>")
    assert len(json.loads((folder / "all.json").read_text())) == 3
    report = admin("export-history", "--out", "x", "--json").json
    assert (report["file"], report["lines"]) == ("x", 3)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--out", "x.pdf"], "The formats are jsonl, json, csv, md, html, txt, mbox, sqlite"),
        (["--out", "x.csv", "--format", "html"], "does not fit --format html"),
        (["--out", "x.JSON", "-f", "jsonl"], "does not fit --format jsonl"),
    ],
)
def test_an_export_format_that_contradicts_the_file_name_is_refused(
    arguments: list[str], reason: str, talk: Story, admin: Admin, folder: Path
) -> None:
    before = set(folder.iterdir())
    ended = admin("history", "export", "--direct", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert reason in ended.err
    assert set(folder.iterdir()) == before
    assert admin("audit", "list", "--json").json == []


def test_a_format_option_decides_for_an_unknown_extension(talk: Story, admin: Admin, folder: Path) -> None:
    assert admin("history", "export", "--format", "txt", "--out", "tea.log").code == 0
    assert "anna: hello" in (folder / "tea.log").read_text()


def test_an_export_into_a_missing_directory_is_refused(talk: Story, admin: Admin, folder: Path) -> None:
    ended = admin("history", "export", "-o", "none/tea.html")
    assert (ended.code, ended.out) == (1, "")
    assert (
        ended.err
        == f"Error: The folder {folder / 'none'} does not exist; create it or choose another file.\n"
    )


def test_an_export_file_name_may_have_the_maximum_length(talk: Story, admin: Admin, folder: Path) -> None:
    name = f"{'t' * 250}.html"
    assert admin("history", "export", "-o", name).code == 0
    assert (folder / name).stat().st_size > 0


def test_an_export_never_overwrites_the_database(talk: Story, admin: Admin, folder: Path) -> None:
    ended = admin("export-history", "--out", "./chat.db")
    assert ended.code == 2
    assert "is the database itself" in ended.err
    assert admin("db", "check").code == 0
    assert admin("export-history", "--out", "nowhere/x").code == 1


@pytest.mark.parametrize("form", ["jsonl", "json", "csv", "md", "html", "txt", "mbox"])
def test_no_export_contains_a_secret(form: str, talk: Story, admin: Admin) -> None:
    admin("user", "create", "anna", "--password-stdin", stdin="tea-for-two\n")
    talk.connect("anna", "anna", "198.51.100.7")
    text = admin("export-history", "-f", form, "--events", "--direct").out
    assert "psst" in text
    assert not re.search(r"argon2|tea-for-two|198\.51", text)


def test_history_show_prints_lines_like_the_client(talk: Story, admin: Admin) -> None:
    shown = admin("history", "show", "tea", "--events").out.splitlines()
    assert [re.sub(r"^\[.{19}\] ", "", line) for line in shown] == [
        "-- server created the room #tea",
        "anna: hello",
        "anna: \ufffd[2Jclear",
        "-- anna set the topic: Assam",
    ]
    assert admin("history", "show", "-n", "1").out.startswith("#ops [")


def test_passwords_are_read_from_a_file_or_standard_input(chat: Story, admin: Admin, folder: Path) -> None:
    assert admin("user", "create", "a", "--password-stdin", stdin="first line\nsecond").code == 0
    (folder / "pw").write_bytes(b"\xff\xff")
    assert admin("user", "create", "b", "--password-file", "pw").code == 2
    assert admin("user", "create", "b", "--password-file", "nothing").code == 1
    assert admin("user", "create", "b", "--password-stdin", "--password-file", "pw").code == 2
    assert admin("user", "create", "b", "--password-stdin", stdin="").code == 2
    assert "unseen" not in admin("user", "create", "b").err
    assert [row["name"] for row in admin("user", "list", "--json").json] == ["a"]


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_byte_order_mark_is_not_part_of_a_password(
    ending: str, chat: Story, admin: Admin, folder: Path
) -> None:
    line = f"\ufefft\u00e9-for-two{ending}"
    (folder / "pw").write_bytes(line.encode())
    assert admin("user", "create", "a", "--password-file", "pw").code == 0
    assert admin("user", "create", "b", "--password-stdin", stdin=line).code == 0
    for name in ("a", "b"):
        with chat.database.reading() as session:
            assert verify_login(session, fold(name), "te\u0301-for-two")


def test_a_password_file_in_utf_16_is_refused(chat: Story, admin: Admin, folder: Path) -> None:
    (folder / "pw").write_bytes("tea-for-two\r\n".encode("utf-16"))
    ended = admin("user", "create", "a", "--password-file", "pw")
    assert (ended.code, ended.err) == (2, "Error: pw is not UTF-8 text.\n")


def test_a_password_that_saslprep_prohibits_is_not_set(chat: Story, admin: Admin) -> None:
    ended = admin("user", "create", "a", "--password-stdin", stdin="tea \N{FOX FACE} for two\n")
    assert ended.code == 2
    assert "newer than Unicode 3.2" in ended.err
    assert admin("user", "list", "--json").json == []


def test_kick_and_announce_reach_online_users(chat: Story, admin: Admin) -> None:
    session = chat.connect("anna")
    room = chat.create_room("#tea")
    assert admin("kick", "anna", "--room", "#tea").code == 5
    chat.join(session, "anna", room)
    assert admin("kick", "anna", "--room", "#tea", "--reason", "enough").out == "Removed anna from #tea.\n"
    assert admin("kick", "ANNA").code == 0
    assert admin("announce", "hello", "--json").json == {"text": "hello", "online": 0}
    assert admin("announce", "two\nlines").code == 2


def test_private_metadata_is_marked_and_never_removed(chat: Story, admin: Admin) -> None:
    admin("user", "create", "anna", "--password-stdin", stdin="tea-for-two\n")
    chat.set_account_metadata("anna", color="red")
    chat.set_private_metadata("anna", "#tea", "soju.im/pinned", "1")
    assert admin("user", "metadata", "anna", "--clear", "--yes").code == 0
    assert admin("user", "metadata", "anna", "--json").json == [
        {"key": "soju.im/pinned", "value": "1", "target": "#tea", "visibility": "private"}
    ]
    assert "soju" not in admin("export-history", "--events", "--direct").out


def test_an_invitation_is_shown_once(admin: Admin) -> None:
    made = admin("invite", "create", "--uses", "3", "--expires", "never", "--json")
    code = made.json["code"]
    assert (made.json["uses"], made.json["expires"]) == (3, None)
    assert "The setting registration is open" in made.err
    listed = admin("invite", "list")
    shown = admin("invite", "create")
    assert len(shown.out.split()) == 1
    assert "It is valid for one account, until " in shown.err
    assert admin("invite", "revoke", shown.out.strip()).code == 0
    assert code[:6] in listed.out
    assert code not in listed.out + admin("audit", "list").out
    assert admin("invite", "create", "--expires", "soon").code == 2
    assert admin("invite", "revoke", code).out == f"Revoked the invitation {code[:6]}.\n"
    assert (
        admin("invite", "list").err
        == "There are no invitations. Create one with `chat-admin invite create`.\n"
    )


def test_db_check_exits_with_3_when_it_finds_problems(talk: Story, admin: Admin) -> None:
    assert admin("db", "check", "--json").json == []
    with talk.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM event WHERE id = 4")
        connection.exec_driver_sql("CREATE TABLE stray (id INTEGER)")
    ended = admin("db", "check")
    assert ended.code == 3
    assert "The log has a gap between event 3 and event 5." in ended.out
    assert "stray" in ended.out


def test_an_import_reports_imported_and_rejected_rows(admin: Admin, folder: Path) -> None:
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
    assert "Delete it and its copies" in again.err
    assert "tea-for-two" not in again.out + again.err


def test_an_outdated_database_is_explained(admin: Admin, folder: Path) -> None:
    old_database(folder / "chat.db")
    ended = admin("list-users")
    assert ended.code == 1
    assert "chat-admin -d NEW.db import-legacy chat.db" in ended.err


def test_a_locked_database_is_explained(talk: Story, admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.admin.context.BUSY_TIMEOUT_MILLISECONDS", 50)
    with talk.database.locked():
        ended = admin("announce", "hello")
    assert ended.code == 1
    assert "database is locked" in ended.err
    assert "nothing was changed" in ended.err


def test_empty_lists_say_why(chat: Story, admin: Admin) -> None:
    assert admin("list-users").err == "There are no accounts yet. Register one with /reg in a client.\n"
    assert admin("list-users", "--search", "x").err == "No matching accounts.\n"
    assert admin("list-users", "--online", "--search", "x").err == "Nobody is online.\n"
