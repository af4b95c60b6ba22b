"""The examples in docs/admin.md and docs/proof.md work, and print what the pages say.

Times, fingerprints and folders differ from run to run, and with them the width of columns.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.events import Event, Kind
from app.events.data import CreatedData, MessageData, ModeData
from app.services.backup.creation import create_backup
from app.services.retention.policies import DAY_MILLISECONDS
from tests.cli.conftest import Admin
from tests.story import Story

DOCS = Path(__file__).parents[3] / "docs"
PAGES = [(DOCS / name).read_text(encoding="utf-8") for name in ("admin.md", "proof.md")]
TIME = r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d(?:\.\d+Z)?)?"
VARIABLE = re.compile(
    rf"{TIME}|\b\d+:[0-9a-f]{{64}}\b"
    rf"|\d{{8}}T\d{{6}}Z|\d+(?= bytes)|\b[0-9A-F]{{2}}(?::[0-9A-F.]{{2,3}})+|(?<=\")/[^\"]*/"
)


def examples() -> Iterator[object]:
    """Yield every block of examples, named after the heading above it."""
    for section in re.split(r"\n###? ", "\n".join(PAGES))[1:]:
        name = section.partition("\n")[0].strip("`").removeprefix("chat-admin ")
        for block in re.findall(r"```console\n(.*?)```", section, re.DOTALL):
            yield pytest.param(block, id=name)


@pytest.fixture
def morning(chat: Story, folder: Path) -> None:
    """The chat of the examples: anna and bob in #tea, an absent account bela."""
    for name in ("anna", "bela"):
        chat.create_account(name)
    room = chat.create_room("#tea")
    for number, nick, account in ((7, "anna", "anna"), (8, "bob", None)):
        session = chat.connect(nick, account, f"192.0.2.{number}", session=number)
        chat.join(session, nick, room)
    data = ModeData([("+", "o", "anna", None)])
    chat.record(Event(Kind.MODE, room=room, nick="server", target="#tea", text="+o anna", data=data))
    chat.record(Event(Kind.AWAY, session=8, nick="bob", text="lunch"))
    chat.say(room, "anna", "hello", account="anna")
    (folder / "key.txt").write_text("sesame\n")
    (folder / "backups").mkdir()
    create_backup(chat.database, folder / "backups" / "chat.db", chat.clock, "1.0", lambda done, total: None)


def record_archive(chat: Story) -> None:
    """Record a room with two messages that are 100 days old."""
    room, old = chat.clock.new_id(), chat.clock.now() - 100 * DAY_MILLISECONDS
    creation = CreatedData(modes="nt", official=True, founder=None, imported=True)
    chat.record(Event(Kind.CREATED, room=room, nick="server", target="#archive", data=creation, at=old))
    said = MessageData(imported=True)
    for number in (1, 2):
        chat.record(Event(Kind.PRIVMSG, room=room, nick="anna", text="old", data=said, at=old + number))
    chat.record(Event(Kind.ANNOUNCED, nick="server", text="The last event of a log does not expire."))


def comparable(text: str) -> list[str]:
    """Return the lines with one space for several, and without what differs from run to run."""
    return [" ".join(VARIABLE.sub("...", line).split()) for line in text.splitlines()]


@pytest.mark.usefixtures("morning")
@pytest.mark.parametrize("block", list(examples()))
def test_an_example_prints_what_the_page_shows(block: str, admin: Admin, chat: Story) -> None:
    if "#archive" in block:
        record_archive(chat)
    if "chat-2" in block:
        chat.add_nodes("chat-1", "chat-2")
    for call, _, printed in (part.partition("\n") for part in block.split("$ ")[1:]):
        program, *arguments = shlex.split(call)
        assert program == "chat-admin"
        ended = admin(*arguments)
        assert (ended.code, comparable(ended.err + ended.out)) == (0, comparable(printed)), call
