"""The keys: the setting that changes them, the help that lists them, and Ctrl-C."""

from pathlib import Path

import pytest
from textual.binding import Binding

from app.client.screen.keys import CHANGEABLE, KEYS, accept_keys, current_keys, format_key
from app.client.screen.options import ScreenOptions
from tests.client.screen.screen_user import open_screen, scene

DOCS = Path(__file__).parents[3] / "docs" / "client.md"


def test_a_key_that_is_given_up_is_free_for_another_action() -> None:
    accepted, faults = accept_keys({"next-room": "ctrl+p", "previous-room": "ctrl+n", "quit": "F10"})
    assert faults == []
    assert accepted == {"next-room": "ctrl+p", "previous-room": "ctrl+n", "quit": "f10"}
    assert current_keys(accepted)["quit"] == "F10"


@pytest.mark.parametrize(
    ("name", "key", "fault"),
    [
        ("nxt-room", "f9", "there is no action 'nxt-room'; did you mean 'next-room'?"),
        ("sing", "f9", "there is no action 'sing'; docs/client.md lists the names of the actions."),
        ("quit", "ctrl+down", "'ctrl+down' is needed for typing, so it cannot be the key of 'quit'."),
        ("quit", "ctrl+c", "'ctrl+c' is needed for typing, so it cannot be the key of 'quit'."),
        ("quit", "x", "'x' is needed for typing, so it cannot be the key of 'quit'."),
        ("quit", "enter", "'enter' is needed for typing, so it cannot be the key of 'quit'."),
        ("quit", "ctrl+m", "'ctrl+m' is needed for typing, so it cannot be the key of 'quit'."),
        ("quit", "ctrl+n", "'ctrl+n' is already the key of 'next-room'; give that another one."),
        ("quit", "strg+q", "'strg+q' is not a key; keys are written like f5, ctrl+n or alt+shift+up."),
        ("quit", "", "'' is not a key; keys are written like f5, ctrl+n or alt+shift+up."),
        ("quit", "ctrl+", "'ctrl+' is not a key; keys are written like f5, ctrl+n or alt+shift+up."),
        ("interrupt", "f10", "'interrupt' keeps its key."),
        ("reply", "d", "'d' is already the key of 'delete'; give that another one."),
        ("reply", "+", "'plus' is already the key of 'react'; give that another one."),
        ("reply", "ctrl+c", "'ctrl+c' is already the key of 'interrupt'; give that another one."),
    ],
)
def test_a_key_that_cannot_be_used_is_one_sentence(name: str, key: str, fault: str) -> None:
    assert accept_keys({name: key}) == ({}, [f"keys: {fault}"])


def test_keys_for_messages_may_be_single_characters() -> None:
    accepted, faults = accept_keys({"reply": "?", "delete": "X", "copy": "y"})
    assert (accepted, faults) == ({"reply": "question_mark", "delete": "x", "copy": "y"}, [])
    keys = current_keys(accepted)
    assert (keys["reply"], keys["delete"], keys["react"]) == ("?", "x", "e, +")


@scene
async def test_a_message_is_acted_on_with_another_key(tmp_path: Path) -> None:
    async with open_screen(tmp_path, options=ScreenOptions(keys={"reply": "y"})) as anna:
        anna.server.send("@msgid=m1 :bob!b@host PRIVMSG #tea :tea?")
        await anna.sees("tea?")
        await anna.press("up")
        await anna.sees("y reply · e react")
        await anna.press("y")
        await anna.sees("Reply to bob")


def test_a_key_belongs_to_one_action() -> None:
    accepted, faults = accept_keys({"next-room": "f9", "previous-room": "f9"})
    assert accepted == {"next-room": "f9"}
    assert faults == ["keys: 'f9' is already the key of another action."]


def test_the_default_keys_differ() -> None:
    keys = [key for binding in CHANGEABLE for key in binding.key.split(",")]
    assert len(set(keys)) == len(keys)


def test_keys_are_shown_as_users_write_them() -> None:
    keys = ["ctrl+end", "alt+a", "f1", "pageup", "alt+shift+up", "escape"]
    assert [format_key(key) for key in keys] == ["Ctrl-End", "Alt-A", "F1", "PageUp", "Alt-Shift-Up", "Esc"]


def test_the_documentation_lists_every_action_with_its_key() -> None:
    text = DOCS.read_text(encoding="utf-8")
    rows = {f"| `{binding.id}` | {format_key(binding.key)} |" for binding in KEYS if not is_room_key(binding)}
    assert {row for row in rows if row not in text} == set()
    assert "| `room-1` to `room-9` | Alt-1 to Alt-9 |" in text


def is_room_key(binding: Binding) -> bool:
    """Whether a key goes to the room with a number."""
    return (binding.id or "").startswith("room-")


@scene
async def test_another_key_is_used_instead_of_the_default(tmp_path: Path) -> None:
    options = ScreenOptions(keys={"toggle-rooms": "f6", "nonsense": "f7"})
    async with open_screen(tmp_path, options=options) as anna:
        await anna.press("f2")
        await anna.sees("1 #tea")
        await anna.press("f6")
        await anna.sees_no("1 #tea")
        await anna.press("f1")
        await anna.sees("F6", "Show or hide the rooms")


@scene
async def test_the_help_lists_keys_and_commands_and_finds_some(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press(*"draft", "f1")
        await anna.sees("Keys", "Ctrl-N", "Next room")
        await anna.press(*"unmute")
        screen = await anna.sees("/unmute [ROOM]")
        assert "Next room" not in screen
        await anna.press(*"xyz")
        await anna.sees("Nothing contains these words.")
        await anna.press("escape")
        assert "draft" in await anna.sees_no("Nothing contains these words.")


@scene
async def test_the_help_scrolls_to_its_end(tmp_path: Path) -> None:
    async with open_screen(tmp_path, lines=14) as anna:
        await anna.press("f1")
        await anna.sees("Show the keys and commands")
        await anna.press(*["pagedown"] * 20)
        assert "Show the keys and commands" not in anna.text()


@scene
async def test_ctrl_c_clears_the_input_and_never_ends_the_program(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press(*"draft", "ctrl+c")
        await anna.sees_no("draft")
        await anna.press("ctrl+c")
        await anna.sees("Press Ctrl-Q or type /quit to end the program.")
        await anna.press("f1", "ctrl+c", "ctrl+c", "escape", "ctrl+c")
        assert anna.app.is_running
