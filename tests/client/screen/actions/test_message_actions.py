"""What single keys do while a message is selected."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app.client.links import opening
from tests.client.screen.screen_user import CAPABILITIES, ScreenUser, open_screen

REDACTION = f"{CAPABILITIES} draft/message-redaction"
MULTILINE = f"{CAPABILITIES} draft/multiline=max-bytes=4096,max-lines=24"
TIME = "time=2026-11-22T12:00:10.000Z"


def play(folder: Path, steps: Callable[[ScreenUser], Awaitable[None]], caps: str = REDACTION) -> None:
    """Let anna do something in #tea, where bob has answered her message."""

    async def run() -> None:
        async with open_screen(folder, caps=caps) as anna:
            anna.server.send(
                f"@msgid=1;{TIME} :anna!~u@host PRIVMSG #tea :is there tea?",
                f"@msgid=2;{TIME};+draft/reply=1 :bob!b@host PRIVMSG #tea :the kettle is on",
            )
            await anna.sees("the kettle is on")
            await steps(anna)

    asyncio.run(run())


def test_a_reply_shows_what_it_answers(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up")
        await anna.sees("r reply · e react")
        await anna.press("r")
        await anna.sees("Reply to bob: the kettle is on (Esc cancels)")
        await anna.type("good")
        assert "+draft/reply=2" in anna.receives("*PRIVMSG #tea good")
        await anna.sees_no("Reply to bob: the kettle")
        await anna.type("thanks")
        assert "reply" not in anna.receives("*PRIVMSG #tea thanks")

    play(tmp_path, steps)


def test_a_reply_of_several_lines_keeps_its_reference(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up", "r", *"good", "alt+enter", *"very", "enter")
        assert "+draft/reply=2" in anna.receives("*BATCH +m1 draft/multiline #tea")
        anna.receives("*PRIVMSG #tea good")
        anna.receives("*PRIVMSG #tea very")
        anna.receives("BATCH -m1")

    play(tmp_path, steps, MULTILINE)


def test_escape_cancels_a_reply_but_not_its_text(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up", "r", *"good", "escape")
        await anna.sees_no("Reply to bob")
        await anna.press("enter")
        assert "reply" not in anna.receives("*PRIVMSG #tea good")

    play(tmp_path, steps)


def test_keys_are_typed_while_something_is_being_written(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press(*"ha", "alt+up", *"rd", "enter")
        anna.receives("*PRIVMSG #tea hard")

    play(tmp_path, steps)


def test_a_reaction_is_chosen_by_name_and_removed_again(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up", "e")
        await anna.sees("thumbs up")
        await anna.press(*":rocket", "enter")
        line = anna.receives("*TAGMSG #tea")
        assert "+draft/react=🚀" in line
        anna.server.send("@+draft/react=🚀;+draft/reply=2 :anna!~u@host TAGMSG #tea")
        await anna.sees("🚀 1")
        await anna.press("up", "plus", "enter")
        assert "+draft/unreact=🚀" in anna.receives("*TAGMSG #tea")

    play(tmp_path, steps)


def test_recent_reactions_are_offered_first_also_after_a_start(tmp_path: Path) -> None:
    async def react(anna: ScreenUser) -> None:
        await anna.press("up", "e", *":woman_technologist", "enter")
        anna.receives("*TAGMSG #tea")

    async def look(anna: ScreenUser) -> None:
        await anna.press("up", "e", "enter")
        assert "+draft/react=👩‍💻" in anna.receives("*TAGMSG #tea")

    play(tmp_path, react)
    play(tmp_path, look)


def test_a_message_is_deleted_after_a_question(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up", "up", "d")
        await anna.sees("Delete your message (is there tea?)? [y/N]")
        await anna.type("y")
        anna.receives("REDACT #tea 1")

    play(tmp_path, steps)


def test_a_server_without_deletion_is_not_asked_for_it(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up", "up", "d")
        await anna.sees("does not support deleting")

    play(tmp_path, steps, CAPABILITIES)


def test_a_message_is_edited(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up", "up", "u")
        await anna.sees("Edit: is there tea?")
        assert anna.app.widgets.composer.text == "is there tea?"
        await anna.press("backspace", *"now", "enter")
        anna.receives("REDACT #tea 1")
        anna.server.send(":anna!~u@host REDACT #tea 1")
        anna.receives("*PRIVMSG #tea :is there teanow")

    play(tmp_path, steps)


def test_a_refused_edit_gives_the_text_back(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up", "up", "u", *"!", "enter")
        anna.receives("REDACT #tea 1")
        anna.server.send("FAIL REDACT REDACT_FORBIDDEN #tea 1 :You may not delete it")
        await anna.sees("not changed to: is there tea?!")
        assert anna.app.widgets.composer.text == "is there tea?!"

    play(tmp_path, steps)


def test_only_own_messages_are_edited(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up", "u")
        await anna.sees("only your own messages")

    play(tmp_path, steps)


def test_a_message_is_copied_through_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)

    async def steps(anna: ScreenUser) -> None:
        written: list[str] = []
        driver = anna.app._driver
        assert driver is not None
        monkeypatch.setattr(driver, "write", written.append)
        await anna.press("up", "c")
        await anna.sees("Copied")
        assert base64.b64encode(b"the kettle is on").decode() in "".join(written)

    play(tmp_path, steps)


def test_one_of_several_links_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "xdg-open"
    program.write_text('#!/bin/sh\nprintf "%s" "$1" > "$OPENED"\n')
    program.chmod(0o755)
    monkeypatch.setattr(opening, "PROGRAMS", (str(program),))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("OPENED", str(tmp_path / "opened"))

    async def steps(anna: ScreenUser) -> None:
        anna.server.send(f"@msgid=3;{TIME} :bob!b@host PRIVMSG #tea :https://a.example https://b.example/x")
        await anna.sees("https://a.example")
        await anna.press("up", "o")
        await anna.sees("Open a link")
        await anna.press(*"b.ex", "enter")
        await anna.until(lambda screen: (tmp_path / "opened").exists(), "the browser")

    play(tmp_path, steps)
    assert (tmp_path / "opened").read_text() == "https://b.example/x"


def test_the_original_of_a_reply_is_selected(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up")
        await anna.sees("Enter original")
        await anna.press("enter")
        await anna.sees("u edit")
        selected = anna.app.messages.selected
        assert selected is not None
        assert selected.text == "is there tea?"

    play(tmp_path, steps)


def test_a_click_on_a_reaction_adds_ours(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        for reaction in ("🚀", "7", "+1"):
            anna.server.send(f"@+draft/react={reaction};+draft/reply=2 :bob!b@host TAGMSG #tea")
        await anna.sees("🚀 1", "7 1", "+1 1")
        await anna.click_on("+1 1")
        assert "+draft/react=+1;" in anna.receives("*TAGMSG #tea")
        await anna.click_on("7 1")
        assert "+draft/react=7;" in anna.receives("*TAGMSG #tea")
        await anna.click_on("🚀 1")
        assert "+draft/react=🚀;" in anna.receives("*TAGMSG #tea")

    play(tmp_path, steps)


@pytest.mark.parametrize("keys", [["e", *":rocket", "enter"], ["c"], ["r", "escape"], ["u", "escape"]])
def test_what_is_typed_after_an_action_is_written(tmp_path: Path, keys: list[str]) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up", "up", *keys)
        await anna.press(*"drecout")
        assert anna.app.widgets.composer.text == "drecout"
        assert len(anna.app.screen_stack) == 1

    play(tmp_path, steps)


def test_what_is_typed_after_the_question_about_a_deletion_is_written(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up", "up", "d")
        await anna.sees("Delete your message")
        await anna.type("n")
        await anna.sees("Message #tea")
        await anna.press(*"dear")
        assert anna.app.widgets.composer.text == "dear"

    play(tmp_path, steps)


def test_a_message_is_not_acted_on_once_something_was_written(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up", "h", "backspace", *"dear")
        assert anna.app.widgets.composer.text == "dear"

    play(tmp_path, steps)


def test_a_message_is_not_acted_on_after_another_room(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up", "ctrl+n", "ctrl+p", *"dear")
        assert anna.app.widgets.composer.text == "dear"

    play(tmp_path, steps)


def test_messages_of_others_are_deleted_only_by_operators(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press("up")
        assert "d delete" not in await anna.sees("c copy")
        await anna.press("d")
        await anna.sees("You can delete only your own messages")
        anna.server.send(":bob!b@host MODE #tea +o anna")
        await anna.sees("d delete", "c copy")
        await anna.press("d")
        await anna.sees("Delete the message of bob")

    play(tmp_path, steps)
