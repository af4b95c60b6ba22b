"""Sanitising of text, and rendering of events."""

import json
import unicodedata
from datetime import UTC
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from app.client.display.event_text import DisplayContext
from app.client.display.jsonlines import FIELDS, to_json
from app.client.display.rendering import Renderer
from app.client.display.sanitise import clean
from app.client.protocol.events import HistoryPage, Joined, Message, Notice, Table
from tests.client.harness import NOW

DAY = 86_400_000


@given(st.text())
def test_clean_text_has_no_control_characters(text: str) -> None:
    shown = clean(text)
    hidden = [character for character in shown if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")]
    assert not hidden


def test_formatting_is_removed_and_hidden_text_replaced() -> None:
    assert clean("\x0304,12red\x03 \x02bold\x0f") == "red bold"
    assert clean("\x1b[2J\x1b]0;title\x07") == "\ufffd[2J\ufffd]0;title\ufffd"
    assert clean("abc\u202edef\u2066") == "abc\ufffddef\ufffd"
    assert clean("a\tb\u2028c\x9bd") == "a b c\ufffdd"
    assert clean("Ünï 👩‍🚀 ёж") == "Ünï 👩‍🚀 ёж"


VISIBLE = [
    "Ünï 👩‍🚀 ёж",
    "❤️ 1️⃣ ☺︎",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England
    "\U0001f3f4\U000e0075\U000e0073\U000e0074\U000e0078\U000e007f",  # Texas
    "سورة \u06dd٧ \u0600١",
    "\U000110bd𑂠",
]


@pytest.mark.parametrize("text", VISIBLE)
def test_joiners_and_flags_are_shown_as_they_are(text: str) -> None:
    assert clean(text) == text


HIDDEN = {
    "tags without a flag": "hi\U000e0061\U000e0062\U000e0063\U000e007f",
    "tags after a face": "\U0001f600\U000e0067\U000e0062\U000e0065\U000e007f",
    "a flag with unfinished tags": "\U0001f3f4\U000e0067\U000e0062\U000e0065",
    "a flag with a sentence": "\U0001f3f4"
    + "".join(chr(0xE0000 + ord(x)) for x in "run this")
    + "\U000e007f",
    "a right-to-left override": "abc\u202edef",
    "an isolate": "abc\u2066def",
    "a zero width space": "a\u200bb",
    "an interlinear annotation": "a\ufff9b",
    "an escape sequence": "\x1b[2J",
    "a C1 control": "\x9b2J",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_hidden_text_leaves_a_visible_trace(text: str) -> None:
    shown = clean(text)
    assert "\ufffd" in shown
    assert all(unicodedata.category(character) not in ("Cc", "Cf") for character in shown)


def test_every_visible_format_character_is_shown() -> None:
    concatenation_marks = regex.findall(
        r"\p{Prepended_Concatenation_Mark}", "".join(map(chr, range(0x20000)))
    )
    assert clean("".join(concatenation_marks)) == "".join(concatenation_marks)
    assert len(concatenation_marks) >= 13


def test_table_columns_align_with_wide_and_formatted_cells() -> None:
    renderer = Renderer(DisplayContext("#tea", "anna", UTC), has_colours=False)
    rows = (("#日本", "2", "\x02bold\x02 tea"), ("#tea", "10", "🇩🇪 x"), ("#\x02b", "3", "plain"))
    assert renderer.render(Table("Rooms", rows)) == [
        "Rooms: 3",
        "  #日本  2   bold tea",
        "  #tea   10  🇩🇪 x",
        "  #b     3   plain",
    ]


def test_message_as_json_escapes_hidden_characters() -> None:
    event = Message("#tea", "bob", "hi\u202e", NOW, msgid="m1", account="bob")
    text = to_json(event)
    assert text is not None
    assert "\\u202e" in text
    assert json.loads(text) == {
        "type": "message",
        "at": "2026-11-22T12:00:05.000Z",
        "room": "#tea",
        "from": "bob",
        "text": "hi\u202e",
        "msgid": "m1",
        "account": "bob",
        "direct": False,
        "mine": False,
        "reply_to": "",
    }
    assert to_json(Notice("restart")) is None


def test_every_json_type_and_key_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
    table = page.partition("## JSON Lines")[2]
    for kind, fields in FIELDS.values():
        (row,) = [line for line in table.splitlines() if f"`{kind}`" in line[:40].partition(" | ")[0]]
        assert all(f"`{key}`" in row for key in fields if key not in ("room", "from", "text")), kind


def test_new_day_has_a_separator() -> None:
    renderer = Renderer(DisplayContext("#tea", "anna", UTC), has_colours=False)
    lines = [renderer.render(Joined("#tea", "bob", at)) for at in (NOW, NOW + 1000, NOW + DAY)]
    assert lines[0][0] == "── Sunday, 22 November 2026 ──"
    assert len(lines[1]) == 1
    assert lines[2][0] == "── Monday, 23 November 2026 ──"


def test_history_is_shown_between_rules() -> None:
    renderer = Renderer(DisplayContext("#tea", "anna", UTC), has_colours=False)
    lines = renderer.render(HistoryPage("#tea", (Message("#tea", "bob", "hi", NOW),)))
    assert lines == [
        "── history of #tea: 1 message ──",
        "── Sunday, 22 November 2026 ──",
        "[2026-11-22 12:00:05] bob: hi",
        "── end of history ──",
    ]


def test_message_in_another_room_names_the_room() -> None:
    renderer = Renderer(DisplayContext("#tea", "anna", UTC), has_colours=False)
    assert renderer.render(Message("#ops", "bob", "hi", NOW))[-1] == "[2026-11-22 12:00:05] #ops bob: hi"


def test_nick_colours_are_stable_and_reset() -> None:
    renderer = Renderer(DisplayContext("#tea", "anna", UTC), has_colours=True)
    first, second = (renderer.render(Message("#tea", "bob", text, NOW))[-1] for text in ("a", "b"))
    assert first[:-1] == second[:-1]
    assert first.count("\x1b[0m") * 2 == first.count("\x1b[")
