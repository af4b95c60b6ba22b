"""Searching messages as the query is typed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client.screen.dialogs import search
from app.client.screen.dialogs.search_results import find_matches, list_words, render_match
from app.text.columns import width
from app.text.sanitise import clean
from tests.client.screen.screen_user import CAPABILITIES, ScreenUser, open_screen, scene

SEARCH = f"{CAPABILITIES} soju.im/search"
WITH_HISTORY = f"{SEARCH} draft/chathistory"


def answer(anna: ScreenUser, *lines: str) -> None:
    """Let the server answer a search."""
    body = [f"@batch=s;{line.removeprefix('@')}" for line in lines]
    anna.server.send(":srv BATCH +s soju.im/search", *body, ":srv BATCH -s")


FOUND = "@msgid=m1;time=2026-11-20T10:00:00.000Z :bob!b@host PRIVMSG #tea :the green kettle is on"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("green tea", ["green", "tea"]),
        ('"green tea" from:bob in:#x', ["green tea"]),
        ("After:2h kettle", ["kettle"]),
        ("", []),
    ],
)
def test_words_of_a_query_are_those_that_are_highlighted(query: str, words: list[str]) -> None:
    assert list_words(query) == words


@given(st.text(), st.text(min_size=1), st.text(), st.integers(20, 200))
def test_a_line_with_a_match_fits(before: str, word: str, after: str, columns: int) -> None:
    text = clean(before + word + after)
    assert width(render_match(text, [word], columns).plain) <= columns


def test_a_match_at_the_end_of_a_long_text_is_shown() -> None:
    shown = render_match("x" * 500 + " kettle", ["kettle"], 60)
    assert "kettle" in shown.plain
    assert find_matches("Kettle", ["kettle"]) == [(0, 6)]


@scene
async def test_results_appear_while_typing(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=SEARCH) as anna:
        await anna.press("ctrl+f", *"kettle")
        await anna.sees("Searching …")
        anna.receives("SEARCH *text=kettle*")
        answer(anna, FOUND)
        await anna.sees("1 message", "#tea  bob", "the green kettle is on")


@scene
async def test_a_newer_query_replaces_older_answers(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=SEARCH) as anna:
        await anna.press("ctrl+f", *"green")
        await anna.sees("Searching …")
        anna.receives("SEARCH *text=green*")
        await anna.press("space", *"tea")
        await anna.sees("green tea", "Searching")
        answer(anna, FOUND)
        await anna.sees("Searching …", "green tea")
        anna.receives(r"SEARCH *text=green\stea*")
        assert "kettle" not in anna.text()
        answer(anna)
        await anna.sees("No messages.")


@scene
async def test_an_answer_after_the_dialog_was_closed_is_not_shown(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=SEARCH) as anna:
        await anna.press("ctrl+f", *"kettle")
        await anna.sees("Searching …")
        anna.receives("SEARCH *")
        await anna.press("escape")
        answer(anna, FOUND)
        anna.server.send(":bob!b@host PRIVMSG #tea :hello")
        screen = await anna.sees("bob │ hello")
        assert "kettle" not in screen


@scene
async def test_filters_are_completed(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=SEARCH) as anna:
        anna.server.send(":barbara!b@host JOIN #tea", ":bob!b@host JOIN #tea")
        await anna.sees("barbara and bob joined")
        await anna.press("ctrl+f", *"tea", "space", *"fr", "tab")
        await anna.sees("tea from:")
        await anna.press("b", "tab")
        await anna.sees("from:barbara", "from:bob")
        await anna.press("tab")
        await anna.sees("tea from:bob")
        await anna.sees("Searching …")
        anna.receives("SEARCH *from=bob*")


@scene
async def test_the_chosen_message_is_shown_in_its_room(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=SEARCH) as anna:
        anna.server.send(FOUND, "@msgid=m2 :bob!b@host PRIVMSG #tea :and more")
        await anna.sees("and more")
        await anna.press("ctrl+p", "ctrl+f", *"kettle")
        await anna.sees("Searching …")
        anna.receives("SEARCH *")
        answer(anna, FOUND)
        await anna.sees("1 message")
        await anna.press("enter")
        await anna.sees("r reply", "bob │ the green kettle is on")
        selected = anna.app.messages.selected
        assert selected is not None
        assert selected.msgid == "m1"


@scene
async def test_a_message_that_is_not_loaded_is_fetched_with_its_context(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=SEARCH) as anna:
        await anna.press("ctrl+f", *"kettle")
        await anna.sees("Searching …")
        anna.receives("SEARCH *")
        answer(anna, FOUND)
        await anna.sees("1 message")
        await anna.press("enter")
        await anna.sees("Cannot show the message")


@scene
async def test_an_error_is_one_sentence(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=SEARCH) as anna:
        await anna.press("ctrl+f", *"in:#vip")
        await anna.sees("Searching …")
        anna.receives("SEARCH *")
        anna.server.send("FAIL SEARCH INVALID_PARAMS in :You are not in #vip")
        await anna.sees("You are not in #vip.")
        await anna.press(*(["backspace"] * 7), *"after:whenever")
        await anna.sees("Cannot parse 'whenever' as a time")


@scene
async def test_a_server_without_search_is_named(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press("ctrl+f", *"kettle")
        await anna.sees("This server does not support searching.")


@scene
async def test_a_search_that_is_not_answered_fails_and_the_next_one_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "ANSWER_SECONDS", 0.05)
    async with open_screen(tmp_path, caps=SEARCH) as anna:
        await anna.press("ctrl+f", *"kettle")
        await anna.sees("The server does not answer.")
        anna.receives("SEARCH *text=kettle*")
        await anna.press("s")
        await anna.sees("The server does not answer.")
        anna.receives("SEARCH *text=kettles*")
