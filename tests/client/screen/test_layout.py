"""The parts of the screen show what happens."""

from pathlib import Path

from tests.client.screen.screen_user import open_screen, scene


@scene
async def test_messages_are_shown_in_columns(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        anna.server.send(":bob!b@host PRIVMSG #tea :the kettle is on")
        await anna.sees("bob │ the kettle is on")


@scene
async def test_unread_messages_are_counted_in_the_list(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        anna.server.send(":bob!b@host PRIVMSG anna :are you there?")
        await anna.sees("2 bob", "@1")
        await anna.press("alt+m")
        screen = await anna.sees("bob │ are you there?")
        assert "@1" not in screen


@scene
async def test_a_draft_stays_with_its_room(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press(*"half")
        await anna.press("ctrl+p")
        await anna.sees_no("half")
        await anna.press("ctrl+n")
        await anna.sees("half")
