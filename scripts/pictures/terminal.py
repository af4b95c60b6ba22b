"""Runs a program in a terminal that tmux emulates."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

WAIT_SECONDS = 30.0
POLL_SECONDS = 0.05
SETTLE_SECONDS = 0.5


class Terminal:
    """A tmux session that runs one program until it is closed."""

    def __init__(self, name: str, program: Sequence[str | Path], folder: Path, size: tuple[int, int]) -> None:
        self._socket = folder / f"{name}.tmux"
        self._folder = folder
        width, height = size
        self._tmux("new-session", "-d", "-x", str(width), "-y", str(height), *map(str, program))

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tmux("kill-server")

    def type(self, line: str) -> None:
        """Type a line and press Enter."""
        self._tmux("send-keys", "-l", "--", f"{line}\r")

    def wait_for(self, text: str, count: int = 1) -> None:
        """Wait until the text has appeared this many times.

        Raises: TimeoutError after WAIT_SECONDS.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while (screen := self._tmux("capture-pane", "-p", "-S", "-")).count(text) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{text!r} did not appear {count} times:\n{screen.rstrip()}")
            time.sleep(POLL_SECONDS)

    def screen(self) -> str:
        """Return the visible screen with its colours as ANSI escapes, once it is stable."""
        previous = ""
        while (screen := self._tmux("capture-pane", "-p", "-e", "-N")) != previous:
            previous = screen
            time.sleep(SETTLE_SECONDS)
        return screen

    def _tmux(self, *words: str) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHAT_", "TMUX"))}
        done = subprocess.run(
            ["tmux", "-u", "-S", self._socket, "-f", os.devnull, *words],
            cwd=self._folder,
            env=kept
            | {"HOME": str(self._folder), "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "TZ": "UTC"},
            capture_output=True,
            check=True,
            timeout=WAIT_SECONDS,
        )
        return done.stdout.decode()
