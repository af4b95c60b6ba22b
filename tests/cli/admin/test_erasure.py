"""Deleting users and messages with chat-admin: what it prints, and what remains."""

import json
import re
import stat
from pathlib import Path
from zipfile import ZipFile

import pytest

from app.cli.admin.atomic_file import open_reserved
from app.events import Event, Kind
from app.events.data import JoinedData, MessageData
from app.services.accounts.accounts import get_account
from app.services.erasure.accounts import delete_account
from app.services.erasure.subject import Messages
from app.services.verification.chain import verify_chain
from app.wire.names import fold
from tests.cli.conftest import Admin
from tests.full_disk import fill, small_disk
from tests.postgres import Postgres
from tests.story import Story

SECRET = "the zebra quits at midnight"


@pytest.fixture
def talk(chat: Story) -> Story:
    """Messages of anna and bob in two rooms and in private."""
    tea, ops = chat.create_room("#tea"), chat.create_room("#ops")
    for name in ("anna", "bob"):
        chat.create_account(name)
    ids = {name: _account_id(chat, name) for name in ("anna", "bob")}
    here = chat.connect("anna", "anna", "192.0.2.1")
    joined = Event(Kind.JOINED, room=tea, session=here, nick="anna", account="anna", data=JoinedData("anna"))
    chat.record(joined)
    chat.say(tea, "anna", SECRET, "hello", account="anna", session=here)
    chat.say(ops, "bob", "hi anna", account="bob")
    parties = sorted(f"a{number}" for number in ids.values())
    chat.record(
        Event(
            Kind.PRIVMSG,
            conversation=" ".join(parties),
            nick="bob",
            account="bob",
            target="anna",
            text=f"psst, {SECRET}",
            data=MessageData(parties=[f"a{ids['bob']}", f"a{ids['anna']}"]),
        )
    )
    chat.set_account_metadata("anna", avatar="https://example.org/anna.png")
    return chat


def _account_id(chat: Story, name: str) -> int:
    with chat.database.reading() as session:
        return get_account(session, fold(name)).id


def files(folder: Path) -> bytes:
    """Return the bytes of all files in the folder."""
    return b"".join(found.read_bytes() for found in sorted(folder.iterdir()))


def texts(admin: Admin, *options: str) -> list[str]:
    """Return the texts of an export."""
    return [row["text"] for row in admin("history", "export", "--json", *options).json]


def test_deleting_a_user_erases_what_the_dry_run_counted(talk: Story, admin: Admin, folder: Path) -> None:
    counted = admin("user", "delete", "ANNA", "--messages", "erase", "--dry-run", "--json").json
    assert {"table": "account", "treatment": "removed", "rows": 1} in counted
    assert SECRET.encode() in files(folder)
    ended = admin(
        "user", "delete", "anna", "--messages", "erase", "--yes", "--json", "--receipt", "receipt.json"
    )
    receipt = json.loads((folder / "receipt.json").read_text())
    assert (ended.code, ended.json) == (0, receipt)
    assert stat.S_IMODE((folder / "receipt.json").stat().st_mode) == 0o600
    erased = [row for row in receipt["rows"] if row["table"] != "audit"]
    assert erased == [row for row in counted if row["table"] != "audit"]
    assert receipt["account"] == "anna"
    assert receipt["pseudonym"].startswith("deleted-user-")
    (folder / "receipt.json").unlink()
    assert SECRET.encode() not in files(folder)
    assert texts(admin, "--direct") == ["hi anna"]
    assert admin("user", "show", "anna").code == 5
    actions = [(row["action"], row["target"]) for row in admin("audit", "list", "--json").json]
    pseudonym = receipt["pseudonym"]
    assert actions[:2] == [("user.delete", pseudonym), ("user.erased", pseudonym)]


@pytest.mark.parametrize(("choice", "author"), [("keep", "anna"), ("anonymise", "deleted-user-")])
def test_messages_in_rooms_may_stay(choice: str, author: str, talk: Story, admin: Admin) -> None:
    assert admin("user", "delete", "anna", "--messages", choice, "-y").code == 0
    left = admin("history", "export", "--json", "--direct").json
    assert [row["text"] for row in left] == [SECRET, "hello", "hi anna"]
    assert {row["account"] for row in left if row["text"] == "hello"} == {None}
    assert left[0]["nick"].startswith(author)


def test_deleting_a_user_needs_confirmation(talk: Story, admin: Admin, folder: Path) -> None:
    ended = admin("user", "delete", "anna")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(
        "Error: Delete the account anna permanently? Its messages in rooms stay under its name."
    )
    assert admin("user", "delete", "anna", "-y", "--receipt", "none/receipt.json").code == 1
    refused = admin("user", "delete", "anna", "-y", "--receipt", ".")
    assert (refused.code, refused.err) == (1, "Error: .: Is a directory.\n")
    assert admin("user", "delete", "nobody", "-y").code == 5
    assert admin("user", "delete", "anna", "-y", "--messages", "some").code == 2
    assert admin("user", "show", "anna").code == 0


def test_a_reserved_name_is_refused(talk: Story, admin: Admin) -> None:
    admin("user", "delete", "anna", "--messages", "erase", "-y")
    (Path("password")).write_text("sesame street\n")
    for arguments in (["create", "Anna", "--password-file", "password"], ["rename", "bob", "anna"]):
        ended = admin("user", *arguments)
        assert ended.code == 6
        assert "belonged to another account and is reserved until" in ended.err


def test_renaming_a_user_keeps_everything(talk: Story, admin: Admin) -> None:
    ended = admin("user", "rename", "anna", "Ann")
    assert (ended.code, ended.out) == (0, "Renamed anna to Ann.\n")
    assert admin("user", "show", "ann", "--json").json["metadata"] == {
        "avatar": "https://example.org/anna.png"
    }
    assert texts(admin, "--user", "ann") == [SECRET, "hello"]
    assert [row["text"] for row in admin("history", "search", "zebra", "--user", "ann", "--json").json] == [
        SECRET
    ]
    assert admin("user", "rename", "ann", "Ann").out == "The account is already named Ann.\n"
    assert admin("user", "rename", "ann", "bob").code == 6
    assert admin("user", "rename", "ann", "no spaces").code == 2
    assert admin("user", "rename", "ann", "anna").out == "Renamed ann to anna.\n"  # its own former name
    assert admin("user", "delete", "anna", "--messages", "erase", "-y").code == 0
    assert texts(admin, "--direct") == ["hi anna"]


def test_an_export_contains_everything_of_a_user(talk: Story, admin: Admin, folder: Path) -> None:
    ended = admin("user", "export", "anna", "--out", "anna.zip")
    assert (ended.code, ended.out) == (0, "Wrote 3 messages and all other data of anna to anna.zip.\n")
    assert stat.S_IMODE((folder / "anna.zip").stat().st_mode) == 0o600
    with ZipFile("anna.zip") as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sorted(members) == [
        "audit.json",
        "events.jsonl",
        "index.html",
        "messages.html",
        "messages.jsonl",
        "profile.json",
        "sessions.json",
    ]
    profile = json.loads(members["profile.json"])
    assert profile["metadata"] == {"avatar": "https://example.org/anna.png"}
    assert [row["name"] for row in profile["rooms"]] == ["#tea"]
    assert [row["address"] for row in json.loads(members["sessions.json"])] == ["192.0.2.1"]
    messages = [json.loads(line)["text"] for line in members["messages.jsonl"].splitlines()]
    assert messages == [SECRET, "hello", f"psst, {SECRET}"]
    kinds = [json.loads(line)["kind"] for line in members["events.jsonl"].splitlines()]
    assert kinds == ["registered", "connected", "joined", "metadata"]
    assert "https://example.org/anna.png" in members["index.html"]
    assert "argon2" not in "".join(members.values())
    (entry,) = admin("audit", "list", "--json", "--action", "user.export").json
    assert entry["target"] == "anna"
    assert admin("user", "export", "nobody").code == 5


def test_messages_are_redacted_by_user_room_time_or_id(talk: Story, admin: Admin, folder: Path) -> None:
    first = admin("history", "export", "--json").json[0]["msgid"]
    shown = admin("history", "redact", "--user", "anna", "--dry-run", "--json").json
    assert (shown["messages"], shown["samples"][0]["text"]) == (2, SECRET)
    assert len(texts(admin)) == 3
    assert admin("history", "redact", first, "--yes").out == "Removed 1 message.\n"
    assert texts(admin) == ["hello", "hi anna"]
    assert admin("history", "redact", "--user", "bob", "--direct", "--yes").out == "Removed 2 messages.\n"
    assert texts(admin, "--direct") == ["hello"]
    assert SECRET.encode() not in files(folder)
    assert admin("history", "redact", "--room", "tea", "--since", "1h", "-y").out == "Removed 1 message.\n"
    entries = admin("audit", "list", "--json", "--action", "history.redact").json
    assert [entry["detail"]["messages"] for entry in entries] == [1, 2, 1]


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        ([], 2, "Give either message ids, or at least one of"),
        (["1", "--user", "anna"], 2, "Give either message ids, or at least one of"),
        (["!"], 2, "Not a message id: !."),
        (["zzzz"], 5, "1 of the ids are not those of messages"),
        (["--user", "nobody"], 5, "There is no account or message author named nobody"),
        (["--user", "anna"], 2, "Remove 2 messages permanently?"),
    ],
)
def test_redactions_are_refused(
    arguments: list[str], code: int, reason: str, talk: Story, admin: Admin
) -> None:
    ended = admin("history", "redact", *arguments)
    assert (ended.code, reason in ended.err) == (code, True), ended.err
    assert len(texts(admin)) == 3


def test_the_history_of_a_deleted_room_is_erased_on_request(talk: Story, admin: Admin, folder: Path) -> None:
    admin("room", "topic", "tea", SECRET)
    ended = admin("room", "delete", "tea", "--erase-history", "--dry-run")
    assert ended.out == "#tea would be deleted, and its 2 messages would be erased. Nothing was changed.\n"
    assert texts(admin) == [SECRET, "hello", "hi anna"]
    ended = admin("room", "delete", "tea", "--erase-history", "-y")
    assert (ended.code, ended.out) == (0, "Deleted #tea and erased its history.\n")
    assert texts(admin) == ["hi anna"]
    assert verify_chain(talk.database).findings == []
    admin("user", "delete", "bob", "-y")  # the private conversation
    assert SECRET.encode() not in files(folder)
    entries = admin("audit", "list", "--json", "--action", "room").json
    assert [(entry["action"], entry["target"]) for entry in entries] == [
        ("room.topic", "#tea"),
        ("room.delete", "#tea"),
        ("room.erased", "#tea"),
    ]


def test_the_history_of_a_room_on_hold_is_not_erased(talk: Story, admin: Admin) -> None:
    held = admin("retention", "hold", "TEA", "--reason", "lawsuit").out
    assert held == "Nothing is removed from #tea until `chat-admin retention release`.\n"
    ended = admin("room", "delete", "tea", "--erase-history", "-y")
    assert (ended.code, "The history of #tea must not be erased: lawsuit." in ended.err) == (1, True)
    assert admin("room", "show", "tea").code == 0
    assert admin("retention", "release", "tea").code == 0
    assert admin("room", "delete", "tea", "--erase-history", "-y").code == 0


def test_purge_completes_what_was_interrupted(talk: Story, admin: Admin, folder: Path) -> None:
    talk.apply(lambda admin: delete_account(admin, "anna", Messages.ERASE, 30, "deleted-user-00000001"))
    assert texts(admin) == [SECRET, "hello", "hi anna"]
    ended = admin("db", "purge")
    assert ended.out == "Completed 1 deletion. chat.db contains nothing of what was deleted.\n"
    assert texts(admin, "--direct") == ["hi anna"]
    assert SECRET.encode() not in files(folder)
    assert admin("db", "purge", "--json").json["completed"] == 0


def test_the_receipt_names_backups_that_contain_the_user(talk: Story, admin: Admin, folder: Path) -> None:
    assert admin("backup", "create", "before.db").code == 0
    talk.create_account("carl")
    assert admin("backup", "create", "with-carl.db").code == 0
    receipt = admin("user", "delete", "carl", "--yes", "--json").json
    assert receipt["backups"] == [str(folder / "with-carl.db")]
    assert admin("backup", "create", "after.db").code == 0
    receipt = admin("user", "delete", "anna", "--yes", "--json").json
    assert receipt["backups"] == [str(folder / name) for name in ("before.db", "with-carl.db", "after.db")]
    assert admin("backup", "create", "last.db").code == 0  # and verified: what was erased is not missed


def test_without_room_for_a_receipt_the_user_is_not_deleted(
    talk: Story, admin: Admin, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", 128 * 1024) as disk:
        fill(disk)
        ended = admin("user", "delete", "anna", "-y", "--receipt", str(disk / "receipt.json"))
        assert [path.name for path in disk.iterdir()] == ["filler"]
    assert (ended.code, ended.out) == (1, "")
    assert "receipt.json cannot be written (No space left on device)" in ended.err
    assert admin("user", "show", "anna").code == 0


def test_a_receipt_has_its_space_before_anything_is_deleted(tmp_path: Path) -> None:
    text = "x" * 5_000
    with small_disk(tmp_path / "disk", 128 * 1024) as disk:
        with open_reserved(disk / "receipt.json", 20_000) as write:
            fill(disk)
            write(text)
        assert (disk / "receipt.json").read_text() == text


def test_a_receipt_that_could_not_be_written_is_shown_later(talk: Story, admin: Admin, folder: Path) -> None:
    ended = admin("user", "delete", "anna", "-y", "--receipt", "/dev/full")
    assert (ended.code, ended.out) == (1, "")
    found = re.fullmatch(
        r"Error: anna was deleted, but the receipt could not be written to /dev/full \(No space left on "
        r"device\); `chat-admin user receipt (deleted-user-\w+)` shows it.\n",
        ended.err,
    )
    assert found is not None
    shown = json.loads(admin("user", "receipt", found[1]).out)
    assert (shown["pseudonym"], "account" in shown) == (found[1], False)
    assert {"table": "account", "treatment": "removed", "rows": 1} in shown["rows"]
    assert admin("user", "receipt", found[1], "--out", "again.json").code == 0
    assert json.loads((folder / "again.json").read_text()) == shown
    refused = admin("user", "receipt", "deleted-user-0")
    assert (refused.code, refused.err) == (
        5,
        "Error: No deleted account has the pseudonym deleted-user-0.\n",
    )


def test_on_postgresql_purge_says_what_remains(admin: Admin, postgres: Postgres) -> None:
    with postgres.database() as url:
        dbname = url.render_as_string(hide_password=False)
        assert admin("-d", dbname, "db", "upgrade").code == 0
        ended = admin("-d", dbname, "db", "purge")
    assert ended.code == 0
    assert "VACUUM removed it from the tables and indexes of postgresql" in ended.out
    assert "write-ahead log, standby servers and base backups contain it" in ended.out
