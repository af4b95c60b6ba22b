"""The list of rooms: its order, its marks, and how it is used."""

from pathlib import Path

from app.client.screen.options import ScreenOptions
from tests.client.screen.screen_user import ScreenUser, open_screen, scene


def names(screen: str) -> list[str]:
    """Return the names in the list, as they are marked."""
    lines = [line[2:16].strip() for line in screen.split("\n")[:-2]]
    return [line for line in lines if line]


async def join(anna: ScreenUser, *rooms: str) -> None:
    for room in rooms:
        anna.server.send(f"@time=2026-11-22T12:00:01.000Z :anna!~u@host JOIN {room}")
        await anna.sees(room)


@scene
async def test_direct_conversations_are_below_the_rooms(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        anna.server.send(":bob!b@host PRIVMSG anna :hi")
        await anna.sees("bob")
        await join(anna, "#ops")
        assert names(anna.text()) == ["test.example", "#ops", "#tea", "irect messages", "bob"]


@scene
async def test_rooms_are_sorted_by_name_until_they_are_moved(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await join(anna, "#website", "#budget")
        assert names(anna.text())[1:] == ["#budget", "#tea", "#website"]


@scene
async def test_conversations_stay_where_they_are_when_another_begins(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        for nick in ("erin", "bob"):
            anna.server.send(f":{nick}!u@host PRIVMSG anna :hi")
            await anna.sees(f" {nick}")
        assert names(anna.text())[-2:] == ["erin", "bob"]


@scene
async def test_a_room_with_a_draft_is_marked_while_another_one_is_shown(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await join(anna, "#ops")
        await anna.press("alt+1", *"half")
        await anna.press("alt+2")
        await anna.sees("1 #ops             ✎ │")
        anna.server.send("@time=2026-11-22T12:00:20.000Z :bob!b@host PRIVMSG #ops :hello")
        await anna.sees("1 #ops           ✎ 1 │")
        await anna.press("alt+1")
        await anna.sees_no("✎")


@scene
async def test_the_order_made_by_hand_is_kept_across_starts(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await join(anna, "#ops", "#zoo")
        await anna.press("alt+shift+up")
        await anna.until(lambda text: names(text)[1:] == ["#tea", "#ops", "#zoo"], "the new order")
        await anna.press("alt+shift+down")
        await anna.until(lambda text: names(text)[1:] == ["#ops", "#tea", "#zoo"], "the former order")
        await anna.press("alt+shift+up", "alt+shift+up", "alt+shift+down", "alt+shift+down")
        await anna.until(lambda text: names(text)[1:] == ["#ops", "#zoo", "#tea"], "#tea at the end")
    async with open_screen(tmp_path) as anna:
        await join(anna, "#zoo", "#ops")
        assert names(anna.text())[1:] == ["#ops", "#zoo", "#tea"]


@scene
async def test_rooms_are_sorted_by_activity_if_wanted(tmp_path: Path) -> None:
    async with open_screen(tmp_path, options=ScreenOptions(sorts_by_activity=True)) as anna:
        await join(anna, "#ops", "#zoo")
        anna.server.send("@time=2026-11-22T12:00:20.000Z :bob!b@host PRIVMSG #zoo :roar")
        await anna.until(lambda text: names(text)[1] == "#zoo", "#zoo first")
        await anna.press("alt+s")
        await anna.sees("Rooms are in your own order.")
        assert names(anna.text())[1:] == ["#ops", "#tea", "#zoo"]


@scene
async def test_a_room_that_was_left_is_in_brackets_and_can_be_closed(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await join(anna, "#ops")
        anna.server.send(":anna!~u@host PART #ops")
        await anna.sees("(#ops)")
        await anna.press("alt+1", "alt+w")
        await anna.sees_no("#ops")


@scene
async def test_a_room_that_we_are_in_cannot_be_closed(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press("alt+w")
        await anna.sees("#tea is a room. Use /part to leave")


@scene
async def test_a_conversation_is_closed_and_opens_again_with_the_next_message(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        anna.server.send(":bob!b@host PRIVMSG anna :hi")
        await anna.sees("2 bob")
        await anna.press("alt+2")
        await anna.type("/close")
        await anna.sees_no("2 bob")
        anna.server.send(":bob!b@host PRIVMSG anna :still there?")
        await anna.sees("2 bob")


@scene
async def test_many_rooms_scroll_with_the_wheel_and_a_click_opens_one(tmp_path: Path) -> None:
    async with open_screen(tmp_path, lines=12) as anna:
        await join(anna, *(f"#room{number:02}" for number in range(8)))
        anna.server.send(*(f":anna!~u@host JOIN #room{number:02}" for number in range(8, 30)))
        await anna.sees_no("#room29")
        await anna.wheel("#rooms", 20)
        await anna.sees("#room29")
        await anna.click("#rooms", (4, 8))
        await anna.until(lambda text: "#tea" not in text.split("\n")[0], "another room")


@scene
async def test_the_current_room_is_always_visible_in_the_list(tmp_path: Path) -> None:
    async with open_screen(tmp_path, lines=10) as anna:
        anna.server.send(*(f":anna!~u@host JOIN #room{number:02}" for number in range(20)))
        await anna.sees("#room04")
        await anna.press("ctrl+p", "ctrl+p")
        await anna.sees("#room19")
