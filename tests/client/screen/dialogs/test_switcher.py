"""Going to rooms, people and commands by parts of their names."""

from pathlib import Path

import pytest

from app.client.screen.dialogs.switcher import Switcher, Target, TargetKind
from app.client.screen.widgets.choice_list import Choice
from tests.client.screen.screen_user import ScreenUser, open_screen, scene

NAMES = [
    (TargetKind.ROOM, "#tea"),
    (TargetKind.ROOM, "#team"),
    (TargetKind.PERSON, "bob"),
    (TargetKind.PERSON, "Teresa"),
    (TargetKind.ROOM, "#dev"),
    (TargetKind.COMMAND, "topic"),
    (TargetKind.COMMAND, "devoice"),
    (TargetKind.ACTION, "Show or hide the members"),
    (TargetKind.ACTION, "Choose a theme"),
]


def find(query: str, current: str = "") -> list[str]:
    """Return the names that a query finds, best first, and how they are described."""
    choices = [Choice(Target(kind, name), name) for kind, name in NAMES]
    known = {name for kind, name in NAMES if kind is TargetKind.ROOM}
    found = Switcher(choices, known.__contains__, Target(TargetKind.ROOM, current)).find(query)
    return [f"{one.label} {one.hint}".strip() for one in found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["#tea", "#team", "bob", "Teresa", "#dev"]),
        ("#tea", ["#tea", "#team"]),
        ("tm", ["#team", "#tm join this room"]),
        ("@t", ["Teresa"]),
        ("/", ["topic", "devoice"]),
        ("dev", ["#dev", "devoice"]),
        ("te", ["#tea", "#team", "Teresa", "#te join this room"]),
        ("theme", ["Choose a theme", "#theme join this room"]),
        ("hide members", ["Show or hide the members"]),
        ("#new", ["#new join this room"]),
        ("two words", []),
    ],
)
def test_names_are_found_by_their_letters(query: str, expected: list[str]) -> None:
    assert find(query) == expected


@pytest.mark.parametrize(
    ("query", "current", "expected"),
    [
        ("", "#tea", ["#team", "bob", "Teresa", "#dev", "#tea"]),
        ("dev", "#dev", ["#dev", "devoice"]),
        ("tea", "#tea", ["#team", "#tea", "Teresa"]),
    ],
)
def test_the_current_room_is_the_last_of_the_rooms(query: str, current: str, expected: list[str]) -> None:
    assert find(query, current) == expected


def test_a_name_that_is_open_twice_is_listed_once() -> None:
    twice = [
        Choice(Target(TargetKind.PERSON, "bob"), "bob", "2 unread"),
        Choice(Target(TargetKind.PERSON, "Bob"), "Bob"),
    ]
    assert [one.hint for one in Switcher(twice, lambda name: True).find("bob")] == ["2 unread"]


async def join(anna: ScreenUser, room: str) -> None:
    """Let the server add anna to another room, with a message."""
    anna.server.send(f"@time=2026-11-22T12:00:00.000Z :anna!~u@host JOIN {room}")
    await anna.sees(room)
    anna.server.send(f":bob!b@host PRIVMSG {room} :anna: hello")
    await anna.sees("@1")


@scene
async def test_a_room_is_reached_by_a_part_of_its_name(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await join(anna, "#kitchen")
        await anna.press("ctrl+k")
        await anna.sees("#kitchen", "1 unread, mentions you")
        await anna.press(*"kit", "enter")
        await anna.sees("bob │ anna: hello")


@scene
async def test_a_person_is_reached_by_name(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        anna.server.send(":carol!c@host JOIN #tea")
        await anna.sees("carol joined")
        await anna.press("ctrl+k", *"carol", "enter")
        await anna.sees("Message carol")
        await anna.type("hi")
        anna.receives("*PRIVMSG carol hi")


@scene
async def test_a_room_that_is_not_joined_is_joined(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press("ctrl+k", *"#garden")
        await anna.sees("join this room")
        await anna.press("enter")
        anna.receives("JOIN #garden")


@scene
async def test_a_command_with_parameters_is_begun(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press("ctrl+k", *"/topic", "enter")
        await anna.until(lambda screen: anna.app.widgets.composer.text == "/topic ", "/topic")


@scene
async def test_the_action_of_a_key_is_run(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press("ctrl+k", *">hide", "space", *"the", "space", *"rooms")
        await anna.sees("F2")
        await anna.press("enter")
        await anna.sees_no("1 #tea")


@scene
async def test_the_current_room_just_closes_the_switcher(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press("ctrl+k", *"tea")
        await anna.sees("shown now")
        await anna.press("enter")
        await anna.until(lambda screen: len(anna.app.screen_stack) == 1, "the room")
        assert "Message #tea" in anna.text()


@scene
async def test_the_switcher_is_left_without_a_choice(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await join(anna, "#kitchen")
        await anna.press("ctrl+k", "down", "escape")
        await anna.sees("Message #tea")


@scene
async def test_rooms_of_the_server_are_offered_and_requested_once_a_minute(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press("ctrl+k")
        await anna.sees("Go to a room")
        anna.receives("LIST")
        anna.server.send(
            ":srv 322 anna #tea 1 :", ":srv 322 anna #harbour 12 :ships and boats", ":srv 323 anna :End"
        )
        screen = await anna.sees("#harbour", "join: 12 members · ships and boats")
        assert "join: 1 member" not in screen, "we are in #tea"
        await anna.press("escape", "ctrl+k", *"harb")
        await anna.sees("#harbour", "ships and boats")
        await anna.press("enter")
        anna.receives("JOIN #harbour")


@scene
async def test_a_list_that_the_user_asks_for_is_shown(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press("ctrl+k", "escape")
        await anna.type("/list")
        anna.receives("LIST")
        anna.receives("LIST")
        anna.server.send(":srv 322 anna #harbour 12 :ships", ":srv 323 anna :End")
        await anna.sees("Rooms (name, members, topic)", "#harbour")
