"""The mailbox export, as the mail programs of the standard library read it."""

import mailbox
from contextlib import closing
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import from_iso, to_datetime
from app.events import Kind
from app.services.export import FORMATS, ExportInfo
from app.services.history.entry import HistoryEntry
from app.text.sanitise import clean_lines
from tests.hidden_text import NASTY

ABOUT = ExportInfo("Team <chat>", from_iso("2026-11-22T12:00:00Z"))
NOON = from_iso("2026-11-21T12:00:05.120Z")


def entry(text: str, **more: Any) -> HistoryEntry:
    """Return an entry by anna."""
    values = {"id": "1z", "at": NOON, "heading": "#tea", "room": "#tea", "kind": Kind.PRIVMSG, "nick": "anna"}
    return HistoryEntry(**(values | {"account": None, "target": "#tea", "text": text} | more))


def written(*entries: HistoryEntry) -> str:
    """Return the mailbox with these entries."""
    return "".join(FORMATS["mbox"].write(entries, ABOUT))


def read(tmp_path: Path, *entries: HistoryEntry) -> list[EmailMessage]:
    """Write a mailbox, and return its messages as `mailbox` finds and `email` parses them."""
    path = tmp_path / "chat.mbox"
    path.write_bytes(written(*entries).encode())
    parser = BytesParser(policy=policy.default)
    with closing(mailbox.mbox(path, create=False)) as box:
        found = [parser.parsebytes(box.get_bytes(key)) for key in box.keys()]  # noqa: SIM118
    assert [message.defects for message in found] == [[] for _ in found]
    return found


def test_a_message_has_author_time_room_and_text(tmp_path: Path) -> None:
    (mail,) = read(tmp_path, entry("hello", account="anna_k"))
    assert mail["From"] == "anna <anna@team-chat.internal.invalid>"
    assert mail["To"] == "#tea <%23tea@team-chat.internal.invalid>"
    assert mail["Date"].datetime == to_datetime(NOON).replace(microsecond=0)
    assert (mail["Subject"], mail["Message-ID"]) == ("hello", "<1z@team-chat.internal.invalid>")
    assert (mail["X-Chat-Account"], mail["X-Chat-Kind"]) == ("anna_k", "privmsg")
    assert mail.get_content() == "hello\n"
    first, *_ = written(entry("hello")).splitlines()
    assert first == "From anna@team-chat.internal.invalid Sat Nov 21 12:00:05 2026"


def test_an_answer_refers_to_what_it_answers(tmp_path: Path) -> None:
    question, answer = read(tmp_path, entry("tea?"), entry("yes", id="20", reply_to="1z"))
    assert answer["References"] == answer["In-Reply-To"] == question["Message-ID"]


@pytest.mark.parametrize(
    "text",
    [
        "From anna",
        "first\nFrom bob Sat Nov 21 12:00:05 2026\nlast",
        ">From quoted",
        "x" * 4000,
        "日" * 1300,
        "Привет",
        "",
        "=?utf-8?q?spoof?=",
        "a\n\nFrom: boss@example.org\n\nb",
        NASTY,
    ],
    ids=map(str, range(11)),
)
def test_every_text_is_one_message_and_is_restored(text: str, tmp_path: Path) -> None:
    before, mail, after = read(tmp_path, entry("before"), entry(text), entry("after"))
    assert [before.get_content(), after.get_content()] == ["before\n", "after\n"]
    restored = mail.get_content().replace("\n>From ", "\nFrom ").replace("\n>>From ", "\n>From ")
    if restored.startswith((">From ", ">>From ")):
        restored = restored[1:]
    assert restored.rstrip("\n") == clean_lines(text).rstrip("\n")
    assert mail["From"] == "anna <anna@team-chat.internal.invalid>"


@given(text=st.text(max_size=200), nick=st.text(min_size=1, max_size=20))
def test_no_text_or_name_adds_a_header_or_a_message(text: str, nick: str) -> None:
    parts = written(entry(text.replace("\r", " "), nick=nick), entry("next")).split("\nFrom ")
    assert len(parts) == 2
    names = [line.partition(":")[0] for line in parts[0].split("\n\n")[0].splitlines()[1:]]
    assert [name for name in names if not name.startswith((" ", "\t"))] == [
        "From",
        "To",
        "Date",
        "Message-ID",
        "Subject",
        "X-Chat-Kind",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ]
    assert all(len(line.encode()) <= 998 for line in parts[0].splitlines())


def test_events_and_actions_are_sentences(tmp_path: Path) -> None:
    joined, waved = read(tmp_path, entry("", kind=Kind.JOINED), entry("\x01ACTION waves\x01"))
    assert (joined["Subject"], waved.get_content()) == ("anna joined", "* anna waves\n")
