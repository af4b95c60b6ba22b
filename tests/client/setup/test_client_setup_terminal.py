"""chat-client setup as users start it: in a terminal, and where it cannot ask."""

import json
import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.client.setup.test_client_setup import Serve, serve, written
from tests.client.setup.test_profiles import Chat, chat, folder, variables

__all__ = ["chat", "folder", "serve", "variables"]  # fixtures

PROGRAM = [sys.executable, "-c", "from app.cli.client import main; main()"]
TIMEOUT_SECONDS = 20.0
CTRL_C, CTRL_D = "\x03", "\x04"


class ClientTerminal:
    """A terminal in which the client runs."""

    def __init__(self, ours: int, process: "subprocess.Popen[bytes]") -> None:
        self._ours = ours
        self._shown = b""
        self.process = process

    def answer(self, question: str, text: str) -> None:
        """Wait until a question is shown, then type."""
        self.wait_for(question)
        os.write(self._ours, text.encode())

    def wait_for(self, text: str) -> None:
        """Wait until a text is shown, and forget everything up to it."""
        while text.encode() not in self._shown:
            ready, _, _ = select.select([self._ours], [], [], TIMEOUT_SECONDS)
            assert ready, f"{text!r} was not shown, only {self._shown!r}"
            self._shown += os.read(self._ours, 4096)
        self._shown = self._shown.partition(text.encode())[2]

    def end(self) -> int:
        """Wait until the client has ended, and return its exit code."""
        return self.process.wait(TIMEOUT_SECONDS)


@contextmanager
def terminal(folder: Path, variables: dict[str, str], *arguments: str) -> Iterator[ClientTerminal]:
    """Run the client in a terminal of 24 lines and 200 columns."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 200))
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=folder,
        env=variables | {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    try:
        yield ClientTerminal(ours, process)
    finally:
        process.kill()
        process.wait(TIMEOUT_SECONDS)
        os.close(ours)
        os.close(theirs)


def test_setup_leads_into_the_chat(serve: Serve, tmp_path: Path, variables: dict[str, str]) -> None:
    server = serve()
    with terminal(tmp_path, variables, "setup") as shown:
        shown.answer("Server [127.0.0.1]:", "\r")
        shown.answer("Port [6667]:", f"{server.port}\r")
        shown.answer("Encrypt the connection with TLS? [y/N]", "\r")
        shown.answer("(register, login, guest) [register]:", "guest\r")
        shown.answer("Name [", "bob\r")
        shown.answer("Use the whole screen of the terminal? [Y/n]", "n\r")
        shown.answer("clientSetup.json. To start: chat-client", "")
        shown.answer("Start now? [Y/n]", "\r")
        shown.wait_for("You are in #general.")
        shown.answer("Register bob so that nobody else can use it?", "n\r")
        shown.answer("#general>", CTRL_D)
        assert shown.end() == 0
    assert written(tmp_path / "config" / "durable-chat" / "clientSetup.json")["username"] == "bob"


def test_ctrl_c_ends_the_setup_without_a_trace(tmp_path: Path, variables: dict[str, str]) -> None:
    with terminal(tmp_path, variables, "setup", "--profile", "work") as shown:
        shown.answer("Server [127.0.0.1]:", CTRL_C)
        shown.wait_for("Nothing was written.")
        assert shown.end() == 130
    assert list(tmp_path.iterdir()) == []


def test_stronger_settings_are_named(serve: Serve, tmp_path: Path, variables: dict[str, str]) -> None:
    server = serve()
    (tmp_path / "clientSetup.json").write_text('{"port": 7000}')
    with terminal(tmp_path, variables, "setup") as shown:
        shown.answer("Server [127.0.0.1]:", "\r")
        shown.answer("Port [6667]:", f"{server.port}\r\rguest\rbob\r\r")
        shown.wait_for(f"Note: {tmp_path}/clientSetup.json overrides port.")
        shown.answer("Start now? [Y/n]", "n\r")
        assert shown.end() == 0


def test_setup_without_a_terminal_is_an_error(chat: Chat) -> None:
    done = chat("setup", "--profile", "work")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: chat-client setup asks questions, so it needs a terminal.")
    assert "durable-chat/work.json yourself" in done.stderr


@pytest.mark.parametrize("options", [["-i", "::1"], ["--profile", "work"], ["--json"]])
def test_options_in_front_of_setup_are_refused(chat: Chat, options: list[str]) -> None:
    done = chat(*options, "setup")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: Options of setup follow it: chat-client setup --help lists them.\n"


def test_help_describes_the_client_and_lists_setup(chat: Chat) -> None:
    text = chat("--help").stdout
    assert text.startswith("Usage: chat-client [OPTIONS] [COMMAND]")
    assert "Chat in the terminal, or send and receive messages in a script." in text
    assert "setup  Set up the client: server, name and password" in text
    for option in ("-b, --buffer", "-i, --ip", "-p, --port", "-u, --username", "--profile NAME"):
        assert option in text


def test_full_screen_opens_by_flag_or_setting_and_plain_overrides_it(
    serve: Serve, tmp_path: Path, variables: dict[str, str]
) -> None:
    server = serve()
    (tmp_path / "clientSetup.json").write_text(json.dumps({"port": server.port, "ui": "full-screen"}))
    alternate_screen = "\x1b[?1049h"
    with terminal(tmp_path, variables, "-u", "bob") as shown:
        shown.wait_for(alternate_screen)
    with terminal(tmp_path, variables, "-u", "bob", "--plain") as shown:
        shown.wait_for("You are in #general.")
    with terminal(tmp_path, variables, "-u", "bob", "--config", os.devnull, "--full-screen") as shown:
        shown.wait_for(alternate_screen)


def test_unknown_command_is_a_usage_error(chat: Chat) -> None:
    done = chat("sing")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such command 'sing'." in done.stderr
