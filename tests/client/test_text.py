"""Foreign text made harmless, long text cut, lines in their colours."""

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
from app.client.protocol.splitting import pieces
from tests.client.harness import NOW

DAY = 86_400_000


@given(st.text())
def test_clean_text_has_nothing_a_terminal_acts_on(text: str) -> None:
    shown = clean(text)
    hidden = [character for character in shown if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")]
    assert not hidden


def test_what_is_taken_out_and_what_is_replaced() -> None:
    assert clean("\x0304,12red\x03 \x02bold\x0f") == "red bold"
    assert clean("\x1b[2J\x1b]0;title\x07") == "\ufffd[2J\ufffd]0;title\ufffd"
    assert clean("abc\u202edef\u2066") == "abc\ufffddef\ufffd"
    assert clean("a\tb\u2028c\x9bd") == "a b c\ufffdd"
    assert clean("Ünï 👩‍🚀 ёж") == "Ünï 👩‍🚀 ёж"


@given(st.text(), st.integers(8, 60))
def test_pieces_fit_and_lose_nothing(text: str, limit: int) -> None:
    parts = list(pieces(text, limit))
    assert "".join(parts) == text
    assert all(len(part.encode()) <= limit for part in parts)


def test_pieces_end_at_spaces_and_keep_accents_on_their_letters() -> None:
    assert list(pieces("one two three", 9)) == ["one two ", "three"]
    assert list(pieces("aaaae\u0301b", 6)) == ["aaaa", "e\u0301b"]


def test_a_message_as_json() -> None:
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


def test_a_new_day_has_a_line() -> None:
    renderer = Renderer(DisplayContext("#tea", "anna", UTC), has_colours=False)
    lines = [renderer.render(Joined("#tea", "bob", at)) for at in (NOW, NOW + 1000, NOW + DAY)]
    assert lines[0][0] == "── Sunday, 22 November 2026 ──"
    assert len(lines[1]) == 1
    assert lines[2][0] == "── Monday, 23 November 2026 ──"


def test_history_stands_between_rules() -> None:
    renderer = Renderer(DisplayContext("#tea", "anna", UTC), has_colours=False)
    lines = renderer.render(HistoryPage("#tea", (Message("#tea", "bob", "hi", NOW),)))
    assert lines == [
        "── history of #tea: 1 message ──",
        "── Sunday, 22 November 2026 ──",
        "[2026-11-22 12:00:05] bob: hi",
        "── end of history ──",
    ]


def test_another_room_is_named() -> None:
    renderer = Renderer(DisplayContext("#tea", "anna", UTC), has_colours=False)
    assert renderer.render(Message("#ops", "bob", "hi", NOW))[-1] == "[2026-11-22 12:00:05] #ops bob: hi"


def test_colours_are_stable_and_close_behind_themselves() -> None:
    renderer = Renderer(DisplayContext("#tea", "anna", UTC), has_colours=True)
    first, second = (renderer.render(Message("#tea", "bob", text, NOW))[-1] for text in ("a", "b"))
    assert first[:-1] == second[:-1]
    assert first.count("\x1b[0m") * 2 == first.count("\x1b[")
