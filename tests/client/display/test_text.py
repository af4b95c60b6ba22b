"""Rendering of events."""

import json
from datetime import UTC
from pathlib import Path

from app.client.display.display_context import DisplayContext
from app.client.display.jsonlines import FIELDS, to_json
from app.client.display.rendering import Renderer
from app.client.protocol.events import HistoryPage, Joined, Message, Notice, Table
from tests.client.harness import NOW

DAY = 86_400_000


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
    page = (Path(__file__).parents[3] / "docs" / "client.md").read_text(encoding="utf-8")
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
