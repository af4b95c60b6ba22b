"""The mouse selects messages and text, expands what is collapsed, and follows quotes."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.client.screen.screen_user import ScreenUser, open_screen


def play(folder: Path, story: Callable[[ScreenUser], Awaitable[None]]) -> None:
    """Let anna see a conversation."""

    async def run() -> None:
        async with open_screen(folder) as anna:
            anna.server.send(
                "@msgid=m1 :bob!b@host PRIVMSG #tea :the kettle is on, and after a while there will be tea for all",
                "@msgid=m2;+draft/reply=m1 :carol!c@host PRIVMSG #tea :splendid idea",
                ":dave!d@host JOIN #tea",
                ":erin!e@host JOIN #tea",
            )
            await anna.sees("splendid", "dave and erin joined")
            await story(anna)

    asyncio.run(run())


@pytest.fixture(name="clipboard")
def _clipboard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what is written to the terminal's clipboard."""
    from app.client.screen.app import ChatApp

    copied: list[str] = []

    def write(app: ChatApp, sequence: str) -> None:
        if sequence.startswith("\x1b]52;c;"):
            copied.append(base64.b64decode(sequence[7:].rstrip("\x07\x1b\\")).decode())

    monkeypatch.setattr(ChatApp, "write_sequence", write)
    return copied


def test_dragging_copies_the_text_without_columns_and_breaks(tmp_path: Path, clipboard: list[str]) -> None:
    async def story(anna: ScreenUser) -> None:
        column, row = anna.find("splendid")
        await anna.drag(anna.find("kettle"), (column + len("splendid") - 1, row))

    play(tmp_path, story)
    assert clipboard == ["kettle is on, and after a while there will be tea for all\nsplendid"]


def test_dragging_from_the_nick_begins_with_the_text(tmp_path: Path, clipboard: list[str]) -> None:
    async def story(anna: ScreenUser) -> None:
        column, row = anna.find("is on")
        await anna.drag(anna.find("bob │"), (column - 2, row))

    play(tmp_path, story)
    assert clipboard == ["the kettle"]


def test_a_double_click_copies_a_word(tmp_path: Path, clipboard: list[str]) -> None:
    async def story(anna: ScreenUser) -> None:
        await anna.click_on("endid", times=2)

    play(tmp_path, story)
    assert clipboard == ["splendid"]


def test_a_triple_click_copies_the_message(tmp_path: Path, clipboard: list[str]) -> None:
    async def story(anna: ScreenUser) -> None:
        await anna.click_on("endid", times=3)

    play(tmp_path, story)
    assert clipboard[-1] == "splendid idea"


def test_a_click_selects_a_message_and_a_click_on_a_quote_the_original(tmp_path: Path) -> None:
    async def story(anna: ScreenUser) -> None:
        view = anna.app.widgets.messages
        await anna.click_on("splendid")
        assert view.selected_entry is not None
        assert view.selected_entry.msgid == "m2"
        await anna.click_on("╭ bob")
        assert view.selected_entry is not None
        assert view.selected_entry.msgid == "m1"

    play(tmp_path, story)


def test_a_click_expands_joins_and_another_one_collapses_them(tmp_path: Path) -> None:
    async def story(anna: ScreenUser) -> None:
        await anna.click_on("dave and erin joined")
        await anna.sees("dave joined", "erin joined")
        await anna.click_on("erin joined")
        await anna.sees("dave and erin joined")

    play(tmp_path, story)
