"""A program in a terminal of its own: tmux draws the screen, the test types and looks.

tmux copies everything the program draws into a named pipe. Whoever waits for something to appear
looks at the screen, and again after each change: nothing sleeps. tmux writes that copy before it
draws, in one step of its loop, so what the pipe announced is on the screen when it is asked.
"""

import os
import select
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.process.socket_client import TIMEOUT_SECONDS

WIDTH, HEIGHT = 160, 100  # characters
DROPPED = ("CHAT_", "TMUX", "COLUMNS", "LINES")  # variables that would change what programs do
DRAWN = 1 << 16  # bytes read at once of what was drawn; only that there is some matters


class TmuxTerminal:
    """A tmux screen running one program."""

    def __init__(
        self, program: Sequence[str | Path], folder: Path, size: tuple[int, int] = (WIDTH, HEIGHT)
    ) -> None:
        self._home = TemporaryDirectory(prefix="chat-")  # the path of a socket must be short
        self._folder = folder
        drawn = Path(self._home.name, "drawn")
        os.mkfifo(drawn)
        self._drawn = os.open(drawn, os.O_RDWR | os.O_NONBLOCK)
        shell = ["sh", "-c", 'IFS= read -r go; exec "$@"', "sh", *map(str, program)]
        self._tmux("new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), *shell)
        self._tmux("set-option", "remain-on-exit", "on")  # what it said last can be read
        self._tmux("pipe-pane", f"exec cat > '{drawn}'")
        self.type("")  # only now, when nothing it draws can be missed, the program starts

    def close(self) -> None:
        """Terminate the program and its terminal."""
        self._tmux("kill-server")
        os.close(self._drawn)
        self._home.cleanup()

    def type(self, *lines: str) -> None:
        """Type lines, each followed by Enter."""
        self._tmux("send-keys", "-l", "--", "".join(f"{line}\r" for line in lines))

    def write(self, text: str) -> None:
        """Type a text without Enter."""
        self._tmux("send-keys", "-l", "--", text)

    def press(self, *keys: str) -> None:
        """Press keys by the names that tmux gives them, such as `C-n` or `M-Up`."""
        self._tmux("send-keys", *keys)

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def process_id(self) -> int:
        """Return the id of the program's process."""
        return int(self._tmux("display-message", "-p", "#{pane_pid}"))

    def screen(self) -> str:
        """Return the visible screen."""
        return self._tmux("capture-pane", "-p")

    def cells(self, *options: str) -> str:
        """Return the visible screen with the spaces that end its lines; `-e` adds the colours."""
        return self._tmux("capture-pane", "-p", "-N", *options)

    def roll(self) -> list[str]:
        """Return the screen with its scrollback."""
        return self._tmux("capture-pane", "-p", "-S", "-").splitlines()

    def shows(self, *texts: str) -> str:
        """Wait until all texts are on the screen at once, and return the screen."""
        return self.until(lambda screen: all(text in screen for text in texts), f"{texts}")

    def until(self, is_it: Callable[[str], bool], what: str) -> str:
        """Wait until a condition holds for the screen, and return the screen."""
        return self.until_captured(self.screen, is_it, what)

    def until_captured(self, capture: Callable[[], str], is_it: Callable[[str], bool], what: str) -> str:
        """Wait until a condition holds for what a method captures, and return that."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not is_it(screen := capture()):
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._drawn], [], [], max(left, 0))
            assert ready, f"{what} did not appear:\n{screen.rstrip()}"
            os.read(self._drawn, DRAWN)
        return screen

    def _tmux(self, *words: str) -> str:
        command = ["tmux", "-u", "-S", f"{self._home.name}/tmux", "-f", os.devnull, *words]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(DROPPED)}
        done = subprocess.run(
            command,
            cwd=self._folder,
            env=kept | {"LC_ALL": "C.UTF-8", "TZ": "UTC"},
            capture_output=True,
            check=True,
            timeout=TIMEOUT_SECONDS,
        )
        return done.stdout.decode()
