"""How the whole screen looks, in terminals of several sizes, on dark and on light backgrounds."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from app.client.screen.options import ScreenOptions
from app.client.screen.state.pane_layout import NARROW_COLUMNS
from tests.client.screen.screen_user import CAPABILITIES, ScreenUser, open_screen, scene
from tests.client.screen.widgets.test_message_view_snapshots import SIZES, SvgExtension

CAPS = f"{CAPABILITIES} away-notify"


def say(anna: ScreenUser, room: str, author: str, text: str, second: int) -> None:
    anna.server.send(
        f"@msgid={author}{second};time=2026-11-22T12:00:{second:02}.000Z :{author}!u@host PRIVMSG {room} :{text}"
    )


async def set_the_scene(anna: ScreenUser) -> None:
    """Let rooms be busy, muted and left, and members be away, voiced and typing."""
    for room in ("#ops", "#loud", "#left"):
        anna.server.send(f"@time=2026-11-22T12:00:01.000Z :anna!u@host JOIN {room}")
        await anna.sees(room)
    anna.server.send(
        "@time=2026-11-22T12:00:01.000Z :srv 332 anna #tea :What is brewing, and who brings the biscuits"
    )
    anna.server.send(":srv 353 anna = #tea :anna @bob +carol dave Zoe", ":srv 366 anna #tea :End")
    anna.server.send("@time=2026-11-22T12:00:02.000Z :dave!u@host AWAY :lunch")
    anna.server.send("@time=2026-11-22T12:00:02.000Z :anna!u@host PART #left")
    await anna.type("/mute #loud")
    say(anna, "#tea", "bob", "the kettle is on", 10)
    say(anna, "#tea", "carol", "anna: one or two sugars? 漢字 and 👍 too", 12)
    say(anna, "#ops", "bob", "deploy at three", 13)
    say(anna, "#ops", "bob", "anna: are you in?", 14)
    say(anna, "#loud", "eve", "noise", 15)
    say(anna, "anna", "bob", "psst", 16)
    anna.server.send("@+typing=active :carol!u@host TAGMSG #tea")
    await anna.sees("carol is typing")
    anna.app.clear_notifications()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("columns", "lines"), SIZES)
@scene
async def test_the_screen_looks_as_before(
    tmp_path: Path, snapshot: SnapshotAssertion, columns: int, lines: int, theme: str
) -> None:
    options = ScreenOptions(theme=theme)
    async with open_screen(tmp_path, 200, 50, CAPS, options) as anna:
        await set_the_scene(anna)
        await anna.resize(columns, lines)
        await anna.sees("sugars", "carol is typing" if columns >= NARROW_COLUMNS else "bob @1 1")
        assert anna.app.export_screenshot() == snapshot(extension_class=SvgExtension)


@pytest.mark.parametrize("key", ["f1", "f2", "f3"])
@scene
async def test_what_a_key_shows_looks_as_before(
    tmp_path: Path, snapshot: SnapshotAssertion, key: str
) -> None:
    async with open_screen(tmp_path, 200, 50, CAPS, ScreenOptions(theme="dark")) as anna:
        await set_the_scene(anna)
        await anna.resize(50, 30)
        await anna.press(key)
        await anna.sees({"f1": "Search keys", "f2": "3 #ops", "f3": "5 members"}[key])
        assert anna.app.export_screenshot() == snapshot(extension_class=SvgExtension)
