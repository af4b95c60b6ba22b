"""The client starts in the room that was shown when it ended."""

from pathlib import Path

from app.client.screen.state.last_room import LastRoom
from app.client.storage.stored_list import LAST_ROOM, StoredList
from tests.client.screen.screen_user import open_screen, scene


def stored(folder: Path) -> StoredList:
    return StoredList(folder, LAST_ROOM, "test")


def test_the_last_room_is_joined_first(tmp_path: Path) -> None:
    LastRoom(stored(tmp_path), ["#tea", "#music"]).save("#Music")
    rooms = ["#tea", "#ops", "#music"]
    assert LastRoom(stored(tmp_path), rooms).order(rooms) == ["#music", "#tea", "#ops"]


def test_another_room_than_at_the_last_start_comes_first(tmp_path: Path) -> None:
    LastRoom(stored(tmp_path), ["#tea", "#music"]).save("#music")
    rooms = ["#ops", "#tea", "#music"]
    assert LastRoom(stored(tmp_path), rooms).order(rooms) == rooms


def test_a_conversation_is_no_last_room(tmp_path: Path) -> None:
    last = LastRoom(stored(tmp_path), ["#tea"])
    last.save("#tea")
    last.save("bob")
    last.save("")
    assert stored(tmp_path).load() == ["#tea", "#tea"]


@scene
async def test_the_room_is_stored_at_the_end(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        anna.server.send("@time=2026-11-22T12:00:01.000Z :anna!~u@host JOIN #ops")
        await anna.sees("1 #ops")
        await anna.press("alt+1")
        await anna.type("/quit")
        await anna.until(lambda screen: bool(stored(tmp_path).load()), "a stored room")
    assert stored(tmp_path).load() == ["#ops", "#tea"]
