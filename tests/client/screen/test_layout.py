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


@scene
async def test_the_day_of_what_is_visible_is_shown_unless_it_is_today(tmp_path: Path) -> None:
    async with open_screen(tmp_path, lines=12) as anna:
        for day in (20, 22):
            for number in range(20):
                anna.server.send(
                    f"@time=2026-11-{day}T12:00:{number:02}.000Z :bob!b@h PRIVMSG #tea :{day}-{number}"
                )
        assert "Nov" not in (await anna.sees("22-19")).split("\n")[0]
        await anna.press("pageup")
        await anna.until(
            lambda text: text.split("\n")[0].rpartition("│")[0].endswith("Sun 22 Nov 2026 "), "today"
        )
        await anna.press("pageup", "pageup", "pageup")
        await anna.until(lambda text: "Fri 20 Nov 2026" in text.split("\n")[0], "the day of the messages")
        await anna.press("ctrl+end")
        await anna.until(lambda text: "Nov" not in text.split("\n")[0], "no day")


@scene
async def test_the_title_says_where_we_are_and_no_line_repeats_it(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.type("/query bob")
        await anna.until(lambda text: "│ bob" in text.split("\n")[0], "the conversation with bob")
        assert "Now talking to" not in anna.text()
