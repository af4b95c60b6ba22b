"""The list of members: groups, away state, and how it is used."""

from pathlib import Path

from app.client.protocol.channel_view import ChannelMember
from app.client.screen.widgets.member_list import arrange
from tests.client.screen.screen_user import CAPABILITIES, ScreenUser, open_screen, scene


def members(screen: str) -> list[str]:
    """Return the rows of the list of members."""
    rows = [line.rpartition("│")[2].strip() for line in screen.split("\n") if line.count("│") >= 2]
    return [row for row in rows if row]


async def fill(anna: ScreenUser, nicks: str) -> None:
    anna.server.send(f":srv 353 anna = #tea :{nicks}", ":srv 366 anna #tea :End")
    await anna.sees(nicks.split()[-1])


@scene
async def test_members_are_grouped_by_role_in_alphabetical_order(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await fill(anna, "zoe anna @bob +carl ~dora Carol")
        assert members(anna.text()) == [
            *("6 members", "Founders 1", "~dora", "Operators 1", "@bob", "Voiced 1", "+carl"),
            *("Members 3", "anna", "Carol", "zoe"),
        ]


@scene
async def test_members_who_are_away_are_marked(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=f"{CAPABILITIES} away-notify") as anna:
        await fill(anna, "anna bob")
        anna.server.send(":bob!b@host AWAY :lunch")
        await anna.sees("bob (away)")
        anna.server.send(":bob!b@host AWAY")
        await anna.sees_no("(away)")


@scene
async def test_a_click_on_a_member_opens_a_conversation(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await fill(anna, "anna bob")
        await anna.click("#members", (3, 2))
        await anna.sees("2 bob")
        await anna.type("hi bob")
        anna.receives("@+typing=active TAGMSG bob")
        anna.receives("*PRIVMSG bob :hi bob")


@scene
async def test_a_click_on_a_heading_does_nothing(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await fill(anna, "anna bob")
        await anna.click("#members", (3, 0))
        assert "Direct messages" not in anna.text()


@scene
async def test_many_members_scroll(tmp_path: Path) -> None:
    async with open_screen(tmp_path, lines=12) as anna:
        await fill(anna, " ".join(f"user{number:02}" for number in range(9)) + " anna")
        names = " ".join(f"user{number:02}" for number in range(9, 50))
        anna.server.send(f":srv 353 anna = #tea :{names}", ":srv 366 anna #tea :End")
        await anna.sees("41 members")
        await anna.wheel("#members", 20)
        await anna.sees("user49")
        await anna.wheel("#members", -20)
        await anna.sees("41 members")


@scene
async def test_a_frame_of_a_large_room_lays_out_only_the_visible_members(tmp_path: Path) -> None:
    async with open_screen(tmp_path, lines=12) as anna:
        pane = anna.app.widgets.members
        pane.show([ChannelMember(f"user{number:05}") for number in range(10_000)])
        await anna.sees("10000 members", "user00000")
        laid_out = []
        lay_out = pane.lay_out
        pane.lay_out = lambda row, columns: laid_out.append(row) or lay_out(row, columns)  # type: ignore
        await anna.wheel("#members", 1)
        await anna.sees("user00009")
        assert 0 < len(laid_out) <= 2 * 12


def test_an_unknown_prefix_is_that_of_a_member() -> None:
    odd = ChannelMember("odd", "!")
    bob = ChannelMember("bob", "@")
    assert arrange([odd, bob]) == ["2 members", "Operators 1", bob, "Members 1", odd]


def test_members_of_one_role_are_counted_once() -> None:
    anna, bob = ChannelMember("anna", "@"), ChannelMember("bob", "@")
    assert arrange([bob, anna]) == ["2 members", anna, bob]
