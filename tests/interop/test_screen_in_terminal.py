"""The full screen in a terminal, without a server: what only a real terminal shows."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest

from tests.interop.clients.terminal import TmuxTerminal
from tests.interop.conftest import needs
from tests.process.server_process import PROGRAM, free_port

pytestmark = pytest.mark.clients

WIDTH, HEIGHT = 100, 24
OTHER_SIZE = ["COLUMNS=70", "LINES=20"]  # as exported by a shell whose window had another size
TEXT = " ".join(f"word{number:02d}" for number in range(9))


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[TmuxTerminal]:
    """A client that cannot connect."""
    needs("tmux")
    environment = [f"HOME={tmp_path}", f"XDG_STATE_HOME={tmp_path}", "TERM=tmux-256color", *OTHER_SIZE]
    client = [PROGRAM.with_name("chat-client"), "--full-screen", "-p", str(free_port()), "-u", "anna"]
    with closing(TmuxTerminal(["env", *environment, *client], tmp_path, (WIDTH, HEIGHT))) as terminal:
        terminal.shows("anna", "Message")
        yield terminal


def test_stopped_client_continues_with_one_reader_of_the_keyboard(terminal: TmuxTerminal) -> None:
    for _ in range(3):
        os.kill(terminal.process_id(), SIGSTOP)
        os.kill(terminal.process_id(), SIGCONT)
    for word in TEXT.split():
        terminal.press(*word, "Space")
    terminal.shows(TEXT)


def test_screen_has_the_size_of_the_terminal(terminal: TmuxTerminal) -> None:
    def fills_terminal(cells: str) -> bool:
        lines = cells.splitlines()
        return max(map(len, lines)) == WIDTH and "Message" in lines[HEIGHT - 1]

    terminal.until_captured(terminal.cells, fills_terminal, f"a screen of {WIDTH} x {HEIGHT}")
