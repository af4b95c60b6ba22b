"""A room with unread messages opens at the first of them, and counts those below."""

from pathlib import Path

from tests.client.screen.screen_user import CAPABILITIES, ScreenUser, open_screen, scene

CAPS = f"{CAPABILITIES} draft/read-marker draft/chathistory"
NEW = "── new messages"
END = "@draft/chathistory-end "


def message(number: int) -> str:
    """Return a message of history; the 70th is a mention."""
    text = "anna: read this" if number == 70 else f"line {number}."
    time = f"2026-11-22T11:{number // 60:02}:{number % 60:02}.000Z"
    return f"@batch=1;time={time};msgid=m{number} :bob!b@host PRIVMSG #tea :{text}"


def history(anna: ScreenUser, first: int, last: int, tag: str = "") -> None:
    lines = [message(number) for number in range(first, last + 1)]
    anna.server.send(f"{tag}:srv BATCH +1 chathistory #tea", *lines, ":srv BATCH -1")


async def arrive(anna: ScreenUser, read_to: int) -> None:
    """Let anna arrive after 150 messages, of which she has read some; a page has 50."""
    anna.receives("CHATHISTORY LATEST #tea ? 50")
    anna.server.send(f":srv MARKREAD #tea timestamp=2026-11-22T11:{read_to // 60:02}:{read_to % 60:02}.000Z")
    history(anna, 101, 150)


@scene
async def test_a_room_opens_at_its_first_unread_message_which_stays_unread(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=CAPS) as anna:
        await arrive(anna, read_to=110)
        screen = await anna.sees(NEW, "line 111.", "↓ 14 new (Ctrl-End)")
        assert screen.index(NEW) < screen.index("line 111.")
        assert "line 110." not in screen
        assert " 40 │" in screen
        await anna.press("ctrl+end")
        screen = await anna.sees("line 150.")
        await anna.sees_no("new (Ctrl-End)", " 40 │")
        await anna.press("alt+u")
        await anna.sees(NEW, "line 111.")


@scene
async def test_older_pages_load_until_the_first_unread_message(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=CAPS) as anna:
        await arrive(anna, read_to=60)
        anna.receives("CHATHISTORY BETWEEN #tea * *")
        history(anna, 61, 100, END)
        await anna.sees(" @1 90 │")
        anna.receives("CHATHISTORY BEFORE #tea msgid=m101 100")
        history(anna, 51, 100)
        await anna.sees(NEW, "line 61.", "anna: read this")
        await anna.sees_no("line 60.")


@scene
async def test_who_has_scrolled_meanwhile_stays_there(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=CAPS) as anna:
        await arrive(anna, read_to=60)
        anna.receives("CHATHISTORY BETWEEN #tea * *")
        history(anna, 61, 100, END)
        await anna.sees(" @1 90 │")
        anna.receives("CHATHISTORY BEFORE #tea msgid=m101 100")
        await anna.press("ctrl+end")
        await anna.sees("line 150.")
        history(anna, 51, 100)
        anna.server.send(":bob!b@host PRIVMSG #tea :now")
        await anna.sees("line 150.", "now")


@scene
async def test_messages_that_arrive_below_a_scrolled_view_are_counted(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=CAPS) as anna:
        await arrive(anna, read_to=150)
        await anna.sees("line 150.")
        await anna.press("pageup")
        await anna.sees("more below (Ctrl-End)")
        for number in range(12):
            anna.server.send(f"@time=2026-11-22T12:00:{number:02} :bob!b@host PRIVMSG #tea :later {number}")
        await anna.sees("↓ 12 new (Ctrl-End)")
        await anna.press("ctrl+end")
        await anna.sees("later 11", NEW)
        await anna.sees_no("new (Ctrl-End)")
