"""The first start shows how to begin."""

from pathlib import Path

from app.client.screen.options import ScreenOptions
from tests.client.screen.screen_user import open_screen, scene


@scene
async def test_the_first_start_shows_three_hints_in_the_room(tmp_path: Path) -> None:
    async with open_screen(tmp_path, options=ScreenOptions(shows_hints=True)) as anna:
        screen = await anna.sees("F1 lists all keys", "Ctrl-K goes to", "In the empty input, Up")
        assert screen.count("F1 lists all keys") == 1


@scene
async def test_later_starts_show_no_hints(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        anna.server.send(":bob!b@host PRIVMSG #tea :the kettle is on")
        assert "F1 lists all keys" not in await anna.sees("the kettle is on")


@scene
async def test_hints_name_the_chosen_keys(tmp_path: Path) -> None:
    async with open_screen(tmp_path, options=ScreenOptions(keys={"help": "f9"}, shows_hints=True)) as anna:
        await anna.sees("F9 lists all keys")
