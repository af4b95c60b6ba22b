"""The end of the program: at once, unless something that was written would be lost."""

from pathlib import Path

import pytest

from app.client.screen.actions.session_end import describe_losses
from tests.client.screen.screen_user import open_screen, scene


@pytest.mark.parametrize(
    ("rooms", "queued", "losses"),
    [
        ([], 0, ""),
        (["#tea"], 0, "your draft in #tea"),
        (["#tea", ""], 1, "your drafts in #tea, the server's messages and 1 queued message"),
        ([], 2, "2 queued messages"),
        (["#a", "#b", "#c", "#d", "#e", "#f", "#g"], 0, "your drafts in #a, #b, #c, #d, #e, 2 other rooms"),
    ],
)
def test_what_would_be_lost_is_named(rooms: list[str], queued: int, losses: str) -> None:
    assert describe_losses(rooms, queued) == losses


@scene
async def test_the_program_ends_at_once_if_nothing_is_lost(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press("ctrl+q")
        anna.receives("QUIT *")
        await anna.until(lambda screen: not anna.app.is_running, "the end")


@scene
async def test_a_draft_in_another_room_is_lost_only_at_the_second_request(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press(*"draft", "ctrl+n", "ctrl+q")
        await anna.sees("Not sent yet: your draft in #tea.", "Ctrl-Q again")
        assert anna.app.is_running
        await anna.press("ctrl+q")
        anna.receives("QUIT *")


@scene
async def test_a_queued_message_is_lost_only_at_the_second_request(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        anna.server.disconnect()
        await anna.sees("reconnecting")
        await anna.type("hello")
        await anna.sees("queued")
        await anna.press("ctrl+q")
        await anna.sees("Not sent yet: 1 queued message.", "Ctrl-Q again")
        await anna.press("ctrl+q")
        await anna.until(lambda screen: not anna.app.is_running, "the end")


@scene
async def test_another_draft_is_named_before_it_is_lost(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press(*"draft", "ctrl+q")
        await anna.sees("your draft in #tea")
        await anna.press("ctrl+n", *"more", "ctrl+q")
        await anna.sees("your drafts in")
        assert anna.app.is_running


@scene
async def test_after_sigterm_the_next_start_brings_back_what_was_not_sent(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        anna.server.disconnect()
        await anna.sees("reconnecting")
        await anna.type("hello")
        await anna.sees("queued")
        await anna.press(*"two", "alt+enter", *"lines")
        anna.app._session_end.stop()
        await anna.until(lambda screen: not anna.app.is_running, "the end")
    async with open_screen(tmp_path) as anna:
        screen = await anna.sees("hello", "two", "lines")
        assert screen.splitlines()[-1].strip() == "lines"
    async with open_screen(tmp_path) as anna:
        assert "lines" not in await anna.sees("Message #tea")


@scene
async def test_a_draft_with_a_secret_is_not_kept(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press(*"/msg", "space", *"NickServ", "space", *"IDENTIFY", "space", *"hunter2")
        anna.app._session_end.stop()
        await anna.until(lambda screen: not anna.app.is_running, "the end")
    assert not (tmp_path / "drafts.json").exists()
