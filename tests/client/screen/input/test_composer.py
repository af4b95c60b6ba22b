"""Writing: several lines, history, completion, pastes, and what must not become a message."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.events import Key

from app.client.screen.input.submission import Submission
from app.client.ui.questions import Question
from tests.client.screen.screen_user import (
    CAPABILITIES,
    ScreenUser,
    open_screen,
    open_unconnected_screen,
    scene,
)

MULTILINE = f"{CAPABILITIES} draft/multiline=max-bytes=4096,max-lines=24"
Play = Callable[[ScreenUser], Awaitable[None]]


def play(folder: Path, steps: Play, caps: str = CAPABILITIES) -> None:
    """Let anna, who is in #tea with bob and carol, do something."""

    async def run() -> None:
        async with open_screen(folder, caps=caps) as anna:
            anna.server.send(":bob!b@host JOIN #tea", ":carol!c@host JOIN #tea")
            await anna.sees("3 members")
            await steps(anna)

    asyncio.run(run())


def test_several_lines_are_written_and_sent_as_one_message(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press(*"milk", "alt+enter", *"sugar", "ctrl+j", *"tea", "enter")
        anna.receives("*BATCH +m1 draft/multiline #tea")
        anna.receives("*PRIVMSG #tea milk")
        anna.receives("*PRIVMSG #tea sugar")
        anna.receives("*PRIVMSG #tea tea")
        anna.receives("BATCH -m1")

    play(tmp_path, steps, MULTILINE)


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_pasted_lines_are_sent_only_after_a_question(tmp_path: Path, line_end: str) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.paste(f"milk{line_end}sugar")
        await anna.press("enter")
        await anna.sees("Send 2 lines as one message, as 2, or not?")
        await anna.type("n")
        await anna.sees_no("Send 2 lines")
        await anna.sees("milk", "sugar")
        await anna.press("enter")
        await anna.sees("Send 2 lines")
        await anna.type("2")
        anna.receives("*PRIVMSG #tea milk")
        anna.receives("*PRIVMSG #tea sugar")

    play(tmp_path, steps, MULTILINE)


def test_input_is_recalled_also_after_a_restart(tmp_path: Path) -> None:
    async def write(anna: ScreenUser) -> None:
        for text in ("/names", "/topic"):
            await anna.type(text)
        await anna.press("ctrl+up", "ctrl+up")
        await anna.sees("/names")
        await anna.press("ctrl+down", "ctrl+down")
        await anna.sees_no("/names", "/topic")

    async def recall(anna: ScreenUser) -> None:
        await anna.press(*"half", "up")
        await anna.sees("/topic")
        await anna.press("up", "down", "down")
        await anna.sees("half")

    play(tmp_path, write)
    play(tmp_path, recall)


def test_earlier_input_is_found_by_a_part_of_it(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        for text in ("/names", "/topic", "/list"):
            await anna.type(text)
        await anna.press("ctrl+r")
        await anna.sees("/names", "/topic", "/list")
        await anna.press(*"nam", "enter")
        await anna.sees("/names")
        await anna.press("ctrl+c")
        await anna.sees_no("/names")

    play(tmp_path, steps)


def test_a_command_that_fails_gives_its_text_back(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.type("/topci green")
        screen = await anna.sees("Unknown command /topci")
        assert "/topci green" in screen.splitlines()[-1]

    play(tmp_path, steps)


def test_what_is_typed_before_the_connection_is_kept_for_the_room(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_unconnected_screen(tmp_path) as anna:
            await anna.press(*"good morning".replace(" ", "_"))
            anna.server.welcome("anna", "#tea", CAPABILITIES)
            screen = await anna.sees("connected", "#tea")
            assert "good_morning" in screen.splitlines()[-1]

    asyncio.run(run())


def test_a_message_before_the_connection_is_not_sent_but_kept(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_unconnected_screen(tmp_path) as anna:
            await anna.type("morning")
            await anna.sees("You are not connected yet")
            anna.server.welcome("anna", "#tea", CAPABILITIES)
            screen = await anna.sees("connected", "#tea")
            assert "morning" in screen.splitlines()[-1]
            await anna.press("enter")
            anna.receives("*PRIVMSG #tea morning")

    asyncio.run(run())


def test_a_password_typed_ahead_of_its_question_is_no_message(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press(*"/auth", "enter", *"hunter2", "enter")
        anna.receives("AUTHENTICATE PLAIN")
        screen = await anna.sees("Message #tea")
        assert "hunter2" not in screen
        await anna.type("hello")
        anna.receives("*PRIVMSG #tea hello")
        assert "hunter2" not in (tmp_path / "input-history").read_text()

    play(tmp_path, steps, f"{CAPABILITIES} sasl")


def test_a_refused_login_leaves_nothing_that_a_password_is_added_to(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.type("/auth")
        await anna.sees("This server does not support /auth", "No password is needed.")
        await anna.press(*"hunter2")
        assert "hunter2" not in await anna.sees("•••••••")
        await anna.press("enter")
        await anna.sees("Message #tea")
        await anna.type("hello")
        anna.receives("*PRIVMSG #tea hello")

    play(tmp_path, steps)


def test_a_password_typed_at_once_after_a_refused_login_is_no_message(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press(*"/auth", "enter", *"hunter2", "enter")
        await anna.sees("This server does not support /auth", "Message #tea")
        await anna.type("hello")
        anna.receives("*PRIVMSG #tea hello")

    play(tmp_path, steps)


def test_a_message_that_crosses_a_question_about_a_secret_is_kept(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        answers: list[str] = []
        anna.app.session.driver.post(
            lambda: anna.app.session.controller.ask(Question("Password: ", answers.append, is_secret=True))
        )
        anna.app.session.input.submit(Submission("hello", "#tea"))
        await anna.sees("Password:")
        await anna.type("hunter2")
        screen = await anna.sees_no("Password:")
        assert "hello" in screen.splitlines()[-1]
        assert answers == ["hunter2"]
        await anna.press("enter")
        anna.receives("*PRIVMSG #tea hello")

    play(tmp_path, steps)


def test_a_draft_outlasts_a_question(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press(*"half")
        anna.app.session.input.ask(Question("Really? ", lambda answer: None))
        await anna.sees("Really?")
        await anna.press(*"no", "escape")
        screen = await anna.sees_no("Really?")
        assert screen.splitlines()[-1].strip() == "half"

    play(tmp_path, steps)


def test_a_secret_is_not_kept_in_the_history(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.type("/msg NickServ IDENTIFY hunter2")
        await anna.type("/names")
        await anna.press("ctrl+up", "ctrl+up")
        await anna.sees("/names")
        assert "hunter2" not in (tmp_path / "input-history").read_text()

    play(tmp_path, steps)


def test_commands_are_offered_with_their_help(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press(*"/top")
        await anna.sees("/topic [#ROOM] [TEXT ...]", "Show or set the topic of a room.")
        await anna.press("tab")
        await anna.press(*"green", "enter")
        anna.receives("TOPIC #tea green")
        await anna.sees_no("Show or set the topic")

    play(tmp_path, steps)


def test_usage_is_shown_while_parameters_are_typed(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press(*"/kick", "space", "b")
        await anna.sees("/kick [#ROOM] NICK [REASON ...]")

    play(tmp_path, steps)


@pytest.mark.parametrize(
    ("keys", "completed"),
    [
        (("b", "tab"), "bob: "),
        (("h", "i", "space", "c", "tab"), "hi carol "),
        (("#", "t", "tab"), "#tea "),
        ((*":thumbsu", "tab"), "👍 "),
    ],
)
def test_words_are_completed(tmp_path: Path, keys: tuple[str, ...], completed: str) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press(*keys)
        assert anna.app.widgets.composer.text == completed

    play(tmp_path, steps)


def test_the_last_speaker_is_completed_first(tmp_path: Path) -> None:
    async def steps(anna: ScreenUser) -> None:
        anna.server.send(":barbara!b@host JOIN #tea")
        anna.server.send("@msgid=1 :bob!b@host PRIVMSG #tea :hello")
        await anna.sees("barbara", "bob │ hello")
        await anna.press("b", "tab")
        assert anna.app.widgets.composer.text == "bob: "
        await anna.sees("barbara")
        await anna.press("tab")
        assert anna.app.widgets.composer.text == "barbara: "
        await anna.press("shift+tab")
        assert anna.app.widgets.composer.text == "bob: "

    play(tmp_path, steps)


def test_a_missing_editor_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps(anna: ScreenUser) -> None:
        await anna.press(*"half", "alt+e")
        await anna.sees("An editor cannot be opened", "half")

    play(tmp_path, steps)


@scene
async def test_keys_act_in_the_order_in_which_they_were_pressed(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        for key in [*"ab", "backspace", "c", "ctrl+j", *"de", "left", "f"]:
            anna.app.post_message(Key(key, key if len(key) == 1 else None))
        await anna.until(lambda screen: anna.app.widgets.composer.text == "ac\ndfe", "the text")


@scene
async def test_a_command_is_offered_by_its_other_name(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press(*"/lea")
        await anna.sees("/leave [#ROOM] [REASON ...]", "Leave a room.")
