"""Which panes are visible, by the width of the terminal and by what was toggled."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client.screen.state.pane_layout import Pane, PaneLayout
from tests.client.screen.screen_user import open_screen, scene

ALL = {Pane.ROOMS, Pane.MESSAGES, Pane.MEMBERS}


def test_the_members_are_hidden_below_100_columns_unless_they_are_wanted() -> None:
    layout = PaneLayout(100)
    assert layout.visible == ALL
    layout.columns = 99
    assert layout.visible == {Pane.ROOMS, Pane.MESSAGES}
    layout.toggle(Pane.MEMBERS)
    assert layout.visible == ALL
    layout.toggle(Pane.ROOMS)
    assert layout.visible == {Pane.MESSAGES, Pane.MEMBERS}


def test_a_thread_hides_the_rooms_below_100_columns() -> None:
    layout = PaneLayout(80, has_thread=True)
    assert layout.visible == {Pane.MESSAGES}
    layout.toggle(Pane.ROOMS)
    assert Pane.ROOMS in layout.visible
    layout.toggle(Pane.ROOMS)
    assert layout.visible == {Pane.MESSAGES}
    layout.has_thread = False
    assert Pane.ROOMS in layout.visible
    layout.columns, layout.has_thread = 100, True
    assert Pane.ROOMS in layout.visible


@given(st.integers(0, 59), st.lists(st.sampled_from([Pane.ROOMS, Pane.MEMBERS])))
def test_one_pane_is_visible_below_60_columns(columns: int, toggled: list[Pane]) -> None:
    layout = PaneLayout(columns)
    for pane in toggled:
        layout.toggle(pane)
        assert len(layout.visible) == 1
    layout.show_messages()
    assert layout.visible == {Pane.MESSAGES}


@scene
async def test_keys_switch_the_pane_of_a_narrow_terminal(tmp_path: Path) -> None:
    async with open_screen(tmp_path, 50, 20) as anna:
        anna.server.send(":anna!~u@host JOIN #zen", ":bob!b@host PRIVMSG #tea :hello")
        await anna.sees("hello")
        await anna.press("f2")
        screen = await anna.sees("1 #tea", "2 #zen")
        assert "hello" not in screen
        await anna.press("f3")
        screen = await anna.sees("1 member")
        assert "1 #tea" not in screen
        await anna.press("escape")
        await anna.sees("hello")


@scene
async def test_a_room_is_chosen_with_the_arrow_keys_on_a_narrow_terminal(tmp_path: Path) -> None:
    async with open_screen(tmp_path, 50, 20) as anna:
        anna.server.send(":anna!~u@host JOIN #zen", "@time=2026-11-22T12:01:00.000Z :b!b@h PRIVMSG #zen :yo")
        await anna.press("f2")
        await anna.sees("2 #zen")
        await anna.press("down", "enter")
        await anna.sees("yo")
        await anna.press(*"typed")
        await anna.sees("typed")


@scene
async def test_resizing_shows_and_hides_panes_and_keeps_what_was_typed(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press(*"draft")
        await anna.resize(80, 24)
        assert "│ 1 member" not in await anna.sees("1 #tea", "draft")
        await anna.resize(40, 10)
        assert "1 #tea" not in await anna.sees("draft")
        await anna.resize(120, 30)
        await anna.sees("1 #tea", "│ 1 member", "draft")


@scene
@pytest.mark.parametrize(("columns", "lines"), [(10, 5), (1, 1), (3, 40), (400, 2)])
async def test_no_size_is_too_small(tmp_path: Path, columns: int, lines: int) -> None:
    async with open_screen(tmp_path) as anna:
        anna.server.send(":srv 353 anna = #tea :anna @bob", ":srv 366 anna #tea :End")
        anna.server.send(":bob!b@host PRIVMSG #tea :hello 世界", ":bob!b@host PRIVMSG anna :psst")
        await anna.sees("hello", "@bob")
        await anna.resize(columns, lines)
        await anna.press(
            "f2", "down", "enter", "f3", "down", "escape", "pageup", "ctrl+n", "f1", "escape", "x"
        )
        await anna.resize(100, 30)
        await anna.sees("connected", "\n x")
