"""A server, and people with stock clients on it. A client that is not installed skips the test."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from app.wire.line import parse
from tests.interop.clients.irc_framework import FrameworkBot
from tests.interop.clients.irssi import Irssi
from tests.interop.clients.limnoria import Limnoria
from tests.interop.clients.npm import require_package
from tests.interop.clients.terminal import TmuxTerminal
from tests.interop.clients.the_lounge import TheLounge
from tests.interop.clients.weechat import Weechat
from tests.legacy_database import old_database
from tests.process.server_process import PROGRAM, Server
from tests.process.socket_client import SocketClient

PASSWORD = "tea for two"
LAST_WORD = "конец"
LONG = " ".join([*(f"слово{number}" for number in range(100)), LAST_WORD])  # clients cut it into lines

StartIrssi = Callable[..., Irssi]
StartWeechat = Callable[..., Weechat]


def needs(*programs: str) -> None:
    """Skip the test if a program is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


def admin(folder: Path, *words: str | Path) -> str:
    """Run the installed `chat-admin` in a folder and return its output."""
    program = PROGRAM.with_name("chat-admin")
    done = subprocess.run(
        [program, *words, "-d", folder / "chat.db"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def whole(peer: SocketClient) -> str:
    """Return text up to the last word without spaces, because clients wrap there."""
    lines = peer.until(lambda line: line.command == "PRIVMSG" and line.params[1].endswith(LAST_WORD))
    return "".join(parse(line).params[1] for line in lines if " PRIVMSG " in line).replace(" ", "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The server's working directory."""
    place = tmp_path / "server"
    place.mkdir()
    return place


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    """A server started for the first time."""
    with Server(folder) as server:
        yield server


@pytest.fixture
def old_server(folder: Path, tmp_path: Path) -> Iterator[Server]:
    """A server with a room whose messages are years old."""
    admin(folder, "import-legacy", old_database(tmp_path / "old.db", users=()))
    with Server(folder) as server:
        yield server


@pytest.fixture
def password_file(folder: Path) -> Path:
    """A file with the password shared by all accounts."""
    path = folder / "password"
    path.write_text(f"{PASSWORD}\n")
    return path


@pytest.fixture
def running() -> Iterator[ExitStack]:
    """The running programs, terminated after the test."""
    with ExitStack() as programs:
        yield programs


@pytest.fixture
def irssi(tmp_path: Path, running: ExitStack) -> StartIrssi:
    """A factory that starts irssi connected to a port, showing the room."""
    needs("irssi", "tmux")

    def start(port: int, nick: str, password: str | None = None) -> Irssi:
        return running.enter_context(closing(Irssi(tmp_path / f"irssi-{nick}", port, nick, password)))

    return start


@pytest.fixture
def weechat(tmp_path: Path, running: ExitStack) -> StartWeechat:
    """A factory that starts WeeChat connected to a port, with options of `irc.server.*`."""
    needs("weechat-headless")

    def start(port: int, nick: str, **options: str) -> Weechat:
        person = running.enter_context(closing(Weechat(tmp_path / f"weechat-{nick}", port, nick)))
        person.connect(**options)
        return person

    return start


@pytest.fixture
def chat_client(tmp_path: Path, running: ExitStack) -> Callable[..., TmuxTerminal]:
    """A factory that starts `chat-client` in a terminal, with an account."""
    needs("tmux")

    def start(port: int, nick: str, password_file: Path) -> TmuxTerminal:
        program: list[str | Path] = [PROGRAM.with_name("chat-client"), "-p", str(port), "-u", nick]
        return running.enter_context(
            closing(TmuxTerminal([*program, "--password-file", password_file], tmp_path))
        )

    return start


@pytest.fixture
def limnoria(tmp_path: Path, running: ExitStack) -> Callable[[int, str], Limnoria]:
    """A factory that starts Limnoria connected to a port."""
    return lambda port, nick: running.enter_context(
        closing(Limnoria(tmp_path / f"limnoria-{nick}", port, nick))
    )


@pytest.fixture
def framework_bot(running: ExitStack) -> Callable[[int, str], FrameworkBot]:
    """A factory that starts a bot on irc-framework connected to a port."""
    require_package("irc-framework")
    return lambda port, nick: running.enter_context(closing(FrameworkBot(port, nick)))


@pytest.fixture
def the_lounge(tmp_path: Path, running: ExitStack) -> Callable[[int], TheLounge]:
    """A factory that starts The Lounge for the server on a port."""
    return lambda port: running.enter_context(closing(TheLounge(tmp_path / "lounge", port)))
