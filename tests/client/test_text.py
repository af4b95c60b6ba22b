"""Sanitising and splitting of text, and rendering of events."""

import json
import unicodedata
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from app.client.display.event_text import DisplayContext
from app.client.display.jsonlines import to_json
from app.client.display.rendering import Renderer
from app.client.display.sanitise import clean
from app.client.protocol.events import HistoryPage, Joined, Message, Notice
from app.client.protocol.splitting import split_text
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


@given(st.text(), st.integers(8, 60))
def test_parts_fit_the_limit_and_lose_nothing(text: str, limit: int) -> None:
    parts = list(split_text(text, limit))
    assert "".join(parts) == text
    assert all(len(part.encode()) <= limit for part in parts)


def test_parts_end_at_spaces_and_keep_graphemes_whole() -> None:
    assert list(split_text("one two three", 9)) == ["one two ", "three"]
    assert list(split_text("aaaae\u0301b", 6)) == ["aaaa", "e\u0301b"]


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
    }
    assert to_json(Notice("restart")) is None


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
