"""Rules for every chat-admin command: help, JSON, documentation, exit codes, errors."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from app.cli.admin.tree import app
from app.events import Applicant, Event, Kind
from app.events.data import BannedData
from app.services.accounts.applications import application_event
from app.services.accounts.invitations import create_invitation
from app.services.backup.creation import create_backup
from app.services.erasure.accounts import delete_account
from app.services.erasure.purge import complete_erasure
from app.services.erasure.subject import Messages
from tests.cli.conftest import Admin, CommandResult, story_in
from tests.legacy_database import old_database
from tests.story import SECRET, Story

DOCS = Path(__file__).parents[3] / "docs" / "admin.md"


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command that can be called, with the words that invoke it."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    if command.invoke_without_command:  # as chat-client
        yield path, command
    for name, below in command.commands.items():
        yield from walk(below, (*path, name))


COMMANDS = dict(walk(get_command(app)))
NAMES = [" ".join(path) for path in COMMANDS]

ANNAS_SESSION = 7
PSEUDONYM = "deleted-user-00000001"

# A valid invocation of each command; the fixture creates `old.db` and `pw`.
CALLS = {
    "kick": ["anna"],
    "node list": [],
    "node drain": ["chat-2"],
    "announce": ["hello"],
    "import-legacy": ["old.db"],
    "list-users": [],
    "export-history": [],
    "user list": [],
    "user show": ["anna"],
    "user create": ["zoe", "--password-file", "pw"],
    "user passwd": ["anna", "--password-file", "pw", "--yes"],
    "user disable": ["anna", "--yes"],
    "user always-on": ["anna", "on"],
    "user enable": ["anna"],
    "user role": ["anna", "admin", "--yes"],
    "user certs": ["anna"],
    "user pending": [],
    "user verify": ["lev"],
    "user metadata": ["anna", "--remove", "avatar", "--yes"],
    "user delete": ["anna", "--yes"],
    "user rename": ["anna", "ann"],
    "user receipt": [PSEUDONYM],
    "user export": ["anna"],
    "invite create": ["--uses", "3"],
    "invite list": [],
    "invite revoke": ["abcdef"],
    "room list": [],
    "room show": ["#tea"],
    "room create": ["#new"],
    "room rename": ["#tea", "#chai"],
    "room delete": ["#tea", "--yes"],
    "room topic": ["#tea", "Assam"],
    "room metadata": ["#tea", "--clear", "--yes"],
    "room members": ["#tea"],
    "room mode": ["#tea", "+m"],
    "room role": ["#tea", "anna", "voice"],
    "room retention": ["#tea", "--days", "30"],
    "retention show": [],
    "retention run": ["--yes"],
    "retention hold": ["#tea", "--reason", "court order"],
    "retention release": ["#tea"],
    "session list": [],
    "session end": [str(ANNAS_SESSION)],
    "history show": [],
    "history search": ["hello"],
    "history export": [],
    "history redact": ["--user", "anna", "--yes"],
    "history verify": [],
    "ban add": ["192.0.2.9", "--yes"],
    "ban list": [],
    "ban remove": ["192.0.2.1"],
    "doctor": [],
    "cert generate": ["--days", "7"],
    "backup create": ["backups"],
    "backup follow": ["backups", "--once"],
    "backup list": [],
    "backup verify": ["backups/chat.db"],
    "backup rehearse": ["backups/chat.db"],
    "backup restore": ["backups/chat.db", "--replace", "--yes"],
    "db upgrade": [],
    "db current": [],
    "db check": [],
    "db copy": ["chat.db", "new.db"],
    "db reindex": [],
    "db purge": [],
    "db vacuum": [],
    "db stats": [],
    "audit list": [],
}
NAMING = {"db copy"}  # these name databases themselves, and do not use -d
REPORTING = {"doctor"}  # report what is wrong, also with the machine of the tests, and exit with 3
WITHOUT_DATABASE = {"backup rehearse", "backup restore", "backup verify", "cert generate"}
OF_A_SERVER = {"top"}  # needs a running server, and no database
CREATING = {
    "user create",
    "invite create",
    "room create",
    "import-legacy",
    "db upgrade",
}  # these create a missing database
UNKNOWN = {
    "kick": ["nobody"],
    "user show": ["nobody"],
    "user passwd": ["nobody", "--yes", "--password-file", "pw"],
    "user disable": ["nobody", "--yes"],
    "user always-on": ["nobody", "on"],
    "user enable": ["nobody"],
    "user certs": ["nobody"],
    "user verify": ["nobody"],
    "user role": ["nobody", "admin", "--yes"],
    "user metadata": ["nobody"],
    "user delete": ["nobody", "--yes"],
    "user rename": ["nobody", "somebody"],
    "user receipt": ["nobody"],
    "user export": ["nobody"],
    "history redact": ["zzzz", "--yes"],
    "invite revoke": ["zzzzzz"],
    "room show": ["#nowhere"],
    "room topic": ["#nowhere", "x"],
    "room metadata": ["#nowhere"],
    "room members": ["#nowhere"],
    "room mode": ["#nowhere"],
    "room role": ["#tea", "nobody"],
    "room retention": ["#nowhere"],
    "retention hold": ["#nowhere", "--reason", "x"],
    "retention release": ["#nowhere"],
    "session end": ["1"],
    "history show": ["#nowhere"],
    "history search": ["hello", "--room", "#nowhere"],
    "history export": ["--room", "#nowhere"],
    "export-history": ["--user", "nobody"],
    "ban add": ["nobody", "--yes"],
    "ban remove": ["192.0.2.77"],
    "import-legacy": ["nothing.db"],
    "backup create": ["nowhere/backup.db"],
    "backup follow": ["nowhere"],
    "backup list": ["nowhere"],
    "backup verify": ["nothing.db"],
    "backup rehearse": ["nothing.db"],
    "backup restore": ["nothing.db"],
}
ASK_FIRST = [
    "user delete",
    "history redact",
    "user passwd",
    "user disable",
    "user role",
    "user metadata",
    "room metadata",
    "ban add",
    "backup restore",
]
CHANGE = [
    name
    for name in CALLS
    if name.split()[-1]
    in (
        "kick",
        "announce",
        "create",
        "drain",
        "passwd",
        "disable",
        "role",
        "topic",
        "mode",
        "end",
        "metadata",
        "add",
        "revoke",
        "retention",
        "hold",
        "vacuum",
    )
    and name not in WITHOUT_DATABASE
] + ["user verify", "backup restore"]


@pytest.fixture(scope="module")
def model(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to copy, with a chat that contains everything CALLS refers to."""
    folder = tmp_path_factory.mktemp("model")
    with story_in(folder, sqlite_template) as chat:
        tell(chat)
        (folder / "backups").mkdir()
        file = folder / "backups" / "chat.db"
        create_backup(chat.database, file, chat.clock, "1.0", lambda done, total: None)
    files(folder)
    return folder


def tell(chat: Story) -> None:
    """Record everything CALLS refers to."""
    chat.add_nodes("chat-1", "chat-2")
    chat.create_account("anna")
    chat.create_account("bela")
    deletion = chat.apply(lambda admin: delete_account(admin, "bela", Messages.ERASE, 0, PSEUDONYM))
    assert complete_erasure(chat.database, chat.clock, deletion.events[-1].id, lambda done: None)
    session = chat.connect("anna", "anna", session=ANNAS_SESSION)
    room = chat.create_room("#tea")
    chat.join(session, "anna", room)
    chat.say(room, "anna", "hello")
    chat.apply(lambda admin: create_invitation(admin, "abcdef", 1, None))
    chat.record(
        application_event(chat.clock, "lev", Applicant(replace(SECRET, email="lev@example.org"), "digest"))
    )
    chat.set_account_metadata("anna", avatar="https://offensive.example/a.png")
    chat.set_room_metadata(room, avatar="https://offensive.example/t.png")
    ban = BannedData(1, "address", None)
    chat.record(Event(Kind.BANNED, nick="server", target="192.0.2.1", text="why", data=ban))


@pytest.fixture
def populated(model: Path, folder: Path) -> None:
    """A chat that contains everything CALLS refers to."""
    shutil.copytree(model, folder, dirs_exist_ok=True)


def files(folder: Path) -> None:
    """Create the files that CALLS refers to."""
    (folder / "pw").write_text("tea-for-two\n")
    old_database(folder / "old.db", users=[])


def options(command: Any) -> set[str]:
    """Return the options of a command, without those of help."""
    names = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return {name for name in names if name.startswith("-")} - {"-h", "--help"}


def has_succeeded(name: str, ended: CommandResult) -> bool:
    """Return whether a command did what it should."""
    return ended.code == 0 or (name in REPORTING and ended.code == 3)


def test_every_command_is_covered_by_these_tests() -> None:
    assert set(NAMES) == set(CALLS) | OF_A_SERVER


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_option_has_help(name: str, admin: Admin) -> None:
    command = COMMANDS[tuple(name.split())]
    assert re.search(r"\w+.*\.", command.help or "")
    assert [p.name for p in command.params if not getattr(p, "help", None)] == []
    assert {"-d", "--dbname", "--config", "--json"} <= options(command)
    for flag in ("-h", "--help"):
        shown = admin(*name.split(), flag)
        assert shown.code == 0
        assert "Usage: chat-admin" in shown.out


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_option_is_documented(name: str) -> None:
    text = DOCS.read_text(encoding="utf-8")
    section = text.partition(f"\n### `chat-admin {name}")[2].partition("\n### ")[0]
    if name in ("list-users", "export-history"):
        assert f"`{name}`" in text
        return
    assert section, f"docs/admin.md has no section on {name}"
    common = text.partition("\n## Common options\n")[2].partition("\n## ")[0]
    missing = {
        option for option in options(COMMANDS[tuple(name.split())]) if f"`{option}" not in section + common
    }
    assert missing == set()


def test_no_option_takes_a_secret() -> None:
    named = {option for command in COMMANDS.values() for option in options(command) if "pass" in option}
    assert named == {"--password-stdin", "--password-file"}


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize("name", CALLS)
def test_every_command_prints_json(name: str, admin: Admin) -> None:
    ended = admin(*name.split(), *CALLS[name], "--json")
    assert has_succeeded(name, ended), ended.err
    assert isinstance(ended.json, list | dict)


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize("name", CALLS)
def test_every_command_prints_plain_text(name: str, admin: Admin) -> None:
    ended = admin(*name.split(), *CALLS[name])
    assert has_succeeded(name, ended), ended.err
    assert "{" not in ended.out or name in ("history export", "export-history", "user receipt")


@pytest.mark.parametrize("name", sorted(set(CALLS) - WITHOUT_DATABASE))
def test_a_missing_database_is_explained_or_created(name: str, admin: Admin, folder: Path) -> None:
    files(folder)
    ended = admin(*name.split(), *CALLS[name])
    assert (folder / "chat.db").exists() == (name in CREATING)
    if name in CREATING:
        assert ended.code == 0, ended.err
    elif name in REPORTING:
        assert (ended.code, "chat.db does not exist" in ended.out) == (3, True)
    else:
        assert (ended.code, ended.out) == (5, "")
        assert ended.err.startswith("Error: The database chat.db does not exist yet. Start the server once")


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_objects_exit_with_5(name: str, admin: Admin) -> None:
    ended = admin(*name.split(), *UNKNOWN[name])
    assert (ended.code, ended.out) == (5, "")
    assert re.fullmatch(r"Error: [^\n]*\.?\n", ended.err)


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize(
    "call",
    [
        ["user", "create", "Anna", "--password-file", "pw"],
        ["room", "create", "#TEA"],
        ["ban", "add", "192.0.2.1", "-y"],
        ["backup", "create", "backups/chat.db"],
        ["backup", "restore", "backups/chat.db"],
    ],
)
def test_existing_objects_exit_with_6(call: list[str], admin: Admin) -> None:
    ended = admin(*call)
    assert (ended.code, ended.out) == (6, "")
    assert "already" in ended.err


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize("name", ASK_FIRST)
def test_destructive_commands_ask_for_confirmation(name: str, admin: Admin) -> None:
    before = admin("audit", "list", "--json").json
    ended = admin(*name.split(), *(word for word in CALLS[name] if word != "--yes"), stdin="y\n")
    assert (ended.code, ended.out) == (2, "")
    assert "Use --yes." in ended.err
    assert admin("audit", "list", "--json").json == before


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize("name", CHANGE)
def test_every_change_leaves_one_audit_entry(name: str, admin: Admin) -> None:
    before = admin("audit", "list", "--json").json
    admin(*name.split(), *CALLS[name])
    (trace,) = admin("audit", "list", "--json").json[len(before) :]
    assert trace["actor"].startswith("admin:")
    assert "tea-for-two" not in str(trace)


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize("name", sorted(set(CALLS) - NAMING))
def test_common_options_are_accepted_before_and_after_the_noun(name: str, admin: Admin, folder: Path) -> None:
    (folder / "chat.db").rename(folder / "other.db")
    before = admin("-d", "other.db", "--json", *name.split(), *CALLS[name])
    assert has_succeeded(name, before), before.err
    assert isinstance(before.json, list | dict)
    assert admin(*name.split(), "-h", "-d", "other.db").code == 0
    assert not (folder / "chat.db").exists()


@pytest.mark.parametrize("content", [b"hello", b""])
@pytest.mark.parametrize("name", sorted(set(CALLS) - WITHOUT_DATABASE - NAMING))
def test_a_foreign_file_is_left_unchanged(name: str, content: bytes, admin: Admin, folder: Path) -> None:
    files(folder)
    (folder / "their.db").write_bytes(content)
    ended = admin("-d", "their.db", *name.split(), *CALLS[name])
    if content:
        assert (ended.code, ended.out) == (1, "") or has_succeeded(name, ended)
        assert "nothing was changed" in ended.err + ended.out.lower()
        assert (folder / "their.db").read_bytes() == content
    assert "Traceback" not in ended.err
    assert "defect" not in ended.err
