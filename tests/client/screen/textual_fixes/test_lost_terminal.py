"""A client whose terminal is gone does not wait for it, and one without a terminal says so."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from app.client.screen.textual_fixes.lost_terminal import outlive_terminal

START = "from app.cli.client import main; main()"


class LostTerminal(io.StringIO):
    """A terminal that takes one write, and then is gone."""

    def write(self, text: str) -> int:
        """Write once."""
        if self.getvalue():
            raise OSError(5, "Input/output error")
        return super().write(text)


@pytest.fixture(autouse=True)
def _outliving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WriterThread, "run", WriterThread.run)
    outlive_terminal()


def test_writing_to_a_lost_terminal_does_not_block() -> None:
    terminal = LostTerminal()
    writer = WriterThread(terminal)
    writer.start()
    for number in range(MAX_QUEUED_WRITES * 3):
        writer.write(f"{number},")
    writer.stop()
    assert terminal.getvalue() == "0,"


def test_everything_is_written_to_a_terminal() -> None:
    terminal = io.StringIO()
    writer = WriterThread(terminal)
    writer.start()
    for number in range(MAX_QUEUED_WRITES * 3):
        writer.write(f"{number},")
    writer.stop()
    assert terminal.getvalue() == "".join(f"{number}," for number in range(MAX_QUEUED_WRITES * 3))


def test_redirected_standard_error_is_explained_instead_of_drawn_on(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-c", START, "--config", os.devnull, "--full-screen", "-p", "1"]
    variables = {**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    ended = subprocess.run(
        command,
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.PIPE,
        env=variables,
        check=False,
        text=True,
    )
    os.close(terminal)
    os.close(controller)
    assert ended.returncode != 0
    assert ended.stderr.endswith("Do not redirect it, or use --plain.\n")
    assert "Traceback" not in ended.stderr


def test_client_ends_without_its_terminal_even_if_no_signal_says_so(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-c", START, "--config", os.devnull, "--full-screen", "-p", "1", "-u", "anna"]
    variables = {**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path), "TERM": "xterm"}
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=variables) as client:
        os.close(terminal)
        shown = b""
        while b"anna" not in shown:
            shown += os.read(controller, 4096)
        os.close(controller)
        try:
            assert client.wait(timeout=60) == 0
        finally:
            client.kill()
