"""No chat-admin command prints an invisible character of a stored text, in any output format."""

import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from app.cli.admin.prompts import confirm
from app.events import Applicant, Event, Kind
from app.events.data import BannedData, CertificateData
from app.services.accounts.accounts import get_account
from app.services.accounts.applications import application_event
from app.services.export import FORMATS
from app.services.rooms.administration import set_topic
from app.wire.names import fold
from tests.cli.admin.test_tree import CALLS, files
from tests.cli.conftest import Admin, CommandResult, story_in
from tests.hidden_text import NASTY, find_hidden
from tests.story import SECRET, Story

ANNA, LEV, TEA, BAN = f"anna{NASTY}", f"lev{NASTY}", f"#tea{NASTY}", f"bad{NASTY}!*@*"
REPLACED = {"anna": ANNA, "lev": LEV, "#tea": TEA, "192.0.2.1": BAN, "hello": f"hello{NASTY}"}
SHOWING = {  # the commands that show stored text, and not only their arguments
    "list-users",
    "export-history",
    "user list",
    "user show",
    "user certs",
    "user pending",
    "user metadata",
    "room list",
    "room show",
    "room topic",
    "room metadata",
    "history show",
    "history search",
    "history export",
    "ban list",
    "audit list",
}
SHOW = {"user metadata": [ANNA], "room metadata": [TEA], "room topic": [TEA]}  # without a change


@pytest.fixture(scope="module")
def model(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to copy, with a chat in which every text is nasty."""
    folder = tmp_path_factory.mktemp("model")
    with story_in(folder, sqlite_template) as chat:
        tell(chat)
    files(folder)
    return folder


def tell(chat: Story) -> None:
    """Record nasty texts of every kind."""
    chat.create_account(ANNA)
    session = chat.connect(ANNA, ANNA, address=f"2001:db8::1{NASTY}")
    room = chat.create_room(TEA)
    chat.join(session, ANNA, room)
    chat.say(room, ANNA, f"hello{NASTY}", f"\x01ACTION waves{NASTY}\x01", account=ANNA)
    chat.apply(lambda admin: set_topic(admin, TEA, f"topic{NASTY}"))
    chat.set_account_metadata(ANNA, avatar=NASTY)
    chat.set_private_metadata(ANNA, TEA, "soju.im/muted", NASTY)
    chat.set_room_metadata(room, avatar=NASTY)
    applicant = Applicant(replace(SECRET, email=f"lev{NASTY}@example.org"), "digest")
    chat.record(application_event(chat.clock, LEV, applicant))
    with chat.database.reading() as reading:
        account = get_account(reading, fold(ANNA)).id
    data = CertificateData(account, f"a{NASTY}")
    chat.record(Event(Kind.CERTIFICATE_ADDED, nick=ANNA, account=ANNA, data=data))
    banned = BannedData(1, "nick", None)
    chat.record(Event(Kind.BANNED, nick=ANNA, target=BAN, text=NASTY, data=banned))


@pytest.fixture(autouse=True)
def populated(model: Path, folder: Path) -> None:
    """A chat in which every text is nasty, also where today's servers would refuse it."""
    shutil.copytree(model, folder, dirs_exist_ok=True)


@pytest.fixture
def on_screen(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> Admin:
    """Run `chat-admin` with a terminal for its output; colours are removed from what it prints."""

    def run(*arguments: str) -> CommandResult:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        ended = admin(*arguments)
        return replace(ended, out=re.sub(r"\x1b\[[0-9;]*m", "", ended.out))

    return run


def call(name: str) -> list[str]:
    """Return a call of a command, with nasty arguments."""
    return [*name.split(), *(REPLACED.get(word, word) for word in CALLS[name])]


def check_output(name: str, run: Callable[..., CommandResult], *options: str) -> CommandResult:
    """Run a command, and check that it ends well and prints nothing invisible."""
    ended = run(*call(name), *options)
    assert ended.code in (0, 1, 2, 3, 5), ended.err
    assert "internal error" not in ended.err
    assert find_hidden(ended.out + ended.err) == set()
    return ended


@pytest.mark.parametrize("name", CALLS)
def test_text_contains_no_invisible_characters(name: str, admin: Admin) -> None:
    check_output(name, admin)


@pytest.mark.parametrize("name", CALLS)
def test_json_contains_no_invisible_characters(name: str, admin: Admin) -> None:
    check_output(name, admin, "--json")


@pytest.mark.parametrize("name", CALLS)
def test_a_terminal_shows_no_invisible_characters(name: str, on_screen: Admin) -> None:
    check_output(name, on_screen)


@pytest.mark.parametrize("form", FORMATS)
def test_exports_contain_no_invisible_characters(form: str, admin: Admin) -> None:
    ended = check_output("history export", admin, "--format", form, "--events", "--direct")
    assert (ended.code, "hello" in ended.out) == (0, True)


@pytest.mark.parametrize("name", sorted(SHOWING))
def test_shown_text_keeps_a_trace_of_what_is_invisible(name: str, admin: Admin) -> None:
    words = [*name.split(), *SHOW[name]] if name in SHOW else call(name)
    options = ["--format", "txt"] if "export" in name else []
    shown, as_json = admin(*words, *options), admin(*words, "--json")
    assert (shown.code, as_json.code) == (0, 0), shown.err + as_json.err
    assert "\ufffd" in shown.out
    assert r"\u202e" in as_json.out
    assert find_hidden(shown.out + as_json.out) == set()


def test_a_question_contains_no_invisible_characters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    with pytest.raises((typer.Abort, OSError)):  # nobody answers
        confirm(f"Ban {ANNA}?", yes=False)
    asked = capsys.readouterr()
    assert "Ban anna" in asked.err
    assert find_hidden(asked.out + asked.err) == set()


@pytest.mark.parametrize(
    "words", [["user", NASTY], [NASTY], ["--x" + NASTY], ["history", "show", "-n", NASTY]]
)
def test_errors_in_arguments_contain_no_invisible_characters(words: list[str], admin: Admin) -> None:
    ended = admin(*words)
    assert (ended.code, ended.out) == (2, "")
    assert find_hidden(ended.err) == set()
