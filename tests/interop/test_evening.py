"""An evening of thirty people in twenty rooms, watched on the full screen of one of them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from scripts.evening.evening import Evening
from tests.interop.conftest import needs

pytestmark = pytest.mark.clients


@pytest.fixture
def evening(folder: Path) -> Iterator[Evening]:
    """A server, its people, and anna's terminal."""
    needs("tmux")
    with closing(Evening(folder)) as evening:
        yield evening


def test_evening_on_the_full_screen(evening: Evening) -> None:
    evening.gather()
    evening.open_screen()
    evening.read_rooms()
    evening.switch_rooms()
    evening.join_conversation()
    evening.open_thread()
    evening.close_thread()
    evening.search()
    evening.resize()
    evening.lose_the_server()
    evening.restart_the_server()
    evening.watch_people_move()
    evening.scroll_back(600)
    evening.read_on_the_phone()


@pytest.mark.long
@pytest.mark.timeout(600)
def test_long_evening_on_the_full_screen(evening: Evening) -> None:
    evening.gather()
    evening.open_screen()
    evening.read_rooms()
    evening.join_conversation()
    for _ in range(3):
        evening.lose_the_server()
        evening.restart_the_server()
        evening.mark_all_read()
    evening.talk_everywhere(30)
    evening.visit_every_room()
    evening.scroll_back(5_000)
    evening.resize()
    evening.read_on_the_phone()
