"""What is unread, on start and live, and when it is read."""

from pathlib import Path

from app.client.workspace.unread_times import UnreadTimes
from tests.client.screen.screen_user import CAPABILITIES, ScreenUser, open_screen, scene

MARKERS = f"{CAPABILITIES} draft/read-marker"
NEW = "── new messages"


def say(anna: ScreenUser, room: str, text: str, second: int = 10) -> None:
    anna.server.send(f"@time=2026-11-22T12:00:{second:02}.000Z :bob!b@host PRIVMSG {room} :{text}")


def join(anna: ScreenUser, room: str) -> None:
    anna.server.send(f"@time=2026-11-22T12:00:01.000Z :anna!~u@host JOIN {room}")


def row(screen: str, name: str) -> str:
    """Return what the list of rooms says about a room."""
    return next(line[:21].rstrip() for line in screen.split("\n") if name in line[:21])


@scene
async def test_messages_elsewhere_are_counted_with_mentions_apart(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        join(anna, "#zen")
        say(anna, "#zen", "hello")
        say(anna, "#zen", "annabel is not meant")
        say(anna, "#zen", "anna: ping")
        screen = await anna.sees("@1 3")
        assert row(screen, "#zen") == "2 #zen          @1 3"
        assert "#zen" not in screen.split("\n")[-2]
        await anna.press("f2")
        await anna.until(lambda text: "#zen @1 3" in text.split("\n")[-2], "the count in the status line")


@scene
async def test_a_shown_room_is_read_and_its_line_goes_away_when_it_is_left(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        join(anna, "#zen")
        say(anna, "#zen", "first")
        await anna.sees("1 #tea", "2 #zen")
        await anna.press("alt+2")
        screen = await anna.sees(NEW, "first")
        assert row(screen, "#zen") == "2 #zen"
        await anna.press("alt+1")
        await anna.sees_no("first")
        await anna.press("alt+2")
        assert NEW not in await anna.sees("first")


@scene
async def test_what_arrives_while_the_terminal_has_no_focus_is_unread(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        say(anna, "#tea", "seen")
        await anna.sees("seen")
        await anna.look_away()
        say(anna, "#tea", "missed", 20)
        screen = await anna.sees("missed", NEW)
        assert row(screen, "#tea") == "1 #tea             1"
        assert screen.index("seen") < screen.index(NEW) < screen.index("missed")
        await anna.look_back()
        await anna.until(lambda text: row(text, "#tea") == "1 #tea", "a read room")


@scene
async def test_what_arrives_below_the_visible_part_is_unread_until_it_is_visible(tmp_path: Path) -> None:
    async with open_screen(tmp_path, lines=12) as anna:
        for number in range(30):
            say(anna, "#tea", f"line {number}")
        await anna.sees("line 29")
        await anna.press("pageup")
        await anna.sees("more below (Ctrl-End)")
        say(anna, "#tea", "last", 20)
        await anna.until(lambda text: row(text, "#tea") == "1 #tea             1", "one unread message")
        await anna.press("ctrl+end")
        screen = await anna.sees("last", NEW)
        assert row(screen, "#tea") == "1 #tea"


@scene
async def test_a_peek_reads_only_at_the_next_key(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        join(anna, "#zen")
        say(anna, "#zen", "secret plan")
        await anna.sees("2 #zen             1")
        await anna.press("alt+p")
        screen = await anna.sees("secret plan", "peeking", NEW)
        assert row(screen, "#zen") == "2 #zen             1"
        await anna.press("alt+1")
        screen = await anna.sees_no("secret plan", "peeking")
        assert row(screen, "#zen") == "2 #zen             1"
        await anna.press("alt+p")
        await anna.sees("secret plan", "peeking")
        await anna.press("x")
        screen = await anna.sees_no("peeking")
        assert row(screen, "#zen") == "2 #zen"


@scene
async def test_the_next_unread_room_passes_muted_ones_unless_we_are_mentioned(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        join(anna, "#yard")
        await anna.sees("#yard")
        await anna.type("/mute #yard")
        await anna.sees("#yard ⊘")
        say(anna, "#yard", "noise")
        join(anna, "#zen")
        say(anna, "#zen", "signal")
        await anna.sees("2 #yard ⊘          1", "3 #zen             1")
        await anna.press("alt+a")
        await anna.sees("signal")
        await anna.press("alt+a")
        await anna.sees("No unread messages.")
        say(anna, "#yard", "anna: wake up")
        await anna.sees("@1 2")
        await anna.press("alt+m")
        await anna.sees("anna: wake up")


@scene
async def test_everything_is_marked_as_read(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        join(anna, "#zen")
        say(anna, "#zen", "one")
        say(anna, "anna", "two")
        await anna.sees("@1 1")
        await anna.press("alt+r")
        screen = await anna.sees_no("@1")
        assert row(screen, "#zen") == "2 #zen"
        await anna.sees("2 conversations marked as read.")
        anna.app.clear_notifications()
        await anna.press("alt+r")
        await anna.sees("No unread messages.")


@scene
async def test_a_marker_of_another_device_clears_what_it_has_read(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=MARKERS) as anna:
        join(anna, "#zen")
        say(anna, "#zen", "early", 10)
        say(anna, "#zen", "anna: late", 20)
        await anna.sees("@1 2")
        anna.server.send(":srv MARKREAD #zen timestamp=2026-11-22T12:00:10.000Z")
        await anna.sees("@1 1")
        anna.server.send(":srv MARKREAD #zen timestamp=2026-11-22T12:00:20.000Z")
        await anna.sees_no("@1")


@scene
async def test_history_from_before_the_marker_is_not_unread(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=MARKERS) as anna:
        join(anna, "#zen")
        anna.server.send(":srv MARKREAD #zen timestamp=2026-11-22T12:00:30.000Z")
        say(anna, "#zen", "old", 20)
        say(anna, "#zen", "new", 40)
        await anna.until(lambda text: row(text, "#zen") == "2 #zen             1", "one unread message")


def test_a_marker_passes_all_messages_up_to_its_time() -> None:
    unread = UnreadTimes()
    for at, is_mention in ((30, True), (10, False), (20, True)):
        unread.add(at, is_mention)
    assert (unread.count, list(unread.mentions)) == (3, [20, 30])
    assert [unread.count_after(at) for at in (5, 10, 25, 30)] == [3, 2, 1, 0]
    unread.read_to(5)
    assert unread.count == 3
    unread.read_to(20)
    assert (list(unread.messages), list(unread.mentions), unread.count) == ([30], [30], 1)
    unread.clear()
    assert unread == UnreadTimes()
