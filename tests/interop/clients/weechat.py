"""Headless WeeChat, which reports each line it shows over a socket, through `tap.py`."""

import json
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tests.process.socket_client import TIMEOUT_SECONDS

TAP = Path(__file__).with_name("tap.py")
OPTIONS = {
    "username": "wee",
    "realname": "A person with weechat",
    "anti_flood_prio_high": "0",  # seconds between two lines
    "anti_flood_prio_low": "0",
}
LARGEST = 400  # characters of a line in what a failed test shows


@dataclass(frozen=True, slots=True)
class Shown:
    """A line shown by WeeChat: buffer, time (seconds since the epoch), tags, prefix and text."""

    buffer: str
    at: int
    tags: list[str]
    who: str
    text: str


class Weechat:
    """A headless WeeChat with the server configured as "chat"."""

    def __init__(self, folder: Path, port: int, nick: str) -> None:
        scripts = folder / "python" / "autoload"
        scripts.mkdir(parents=True)
        shutil.copy(TAP, scripts)
        self._port, self._nick = port, nick
        self.shown: list[Shown] = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(TIMEOUT_SECONDS)
            self._process = self._start(folder, listener.getsockname()[1])
            try:
                self._socket, _ = listener.accept()
            except TimeoutError:
                self._process.kill()
                raise AssertionError(
                    "weechat does not load a Python script; is weechat-python there?"
                ) from None
        self._socket.settimeout(TIMEOUT_SECONDS)
        self._lines: TextIO = self._socket.makefile("r", encoding="utf-8")

    def _start(self, folder: Path, tap: int) -> subprocess.Popen[bytes]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
        return subprocess.Popen(
            ["weechat-headless", "--dir", folder],
            env=kept | {"LC_ALL": "C.UTF-8", "TZ": "UTC", "TAP_PORT": str(tap)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def connect(self, **options: str) -> None:
        """Connect to the server with options of `irc.server.*`."""
        self.type(f"/server add chat 127.0.0.1/{self._port} -nicks={self._nick} -notls", "core.weechat")
        for name, value in (OPTIONS | options).items():
            self.type(f"/set irc.server.chat.{name} {value}", "core.weechat")
        self.type("/connect chat", "core.weechat")

    def close(self) -> None:
        """Terminate the program."""
        self._process.kill()
        self._process.wait(TIMEOUT_SECONDS)
        self._socket.close()
        self._lines.close()

    def type(self, line: str, place: str = "#general") -> None:
        """Type a line in the buffer of a room or query, or in a buffer of that full name."""
        buffer = place if "." in place else f"irc.chat.{place}"
        self._socket.sendall(f"{json.dumps([buffer, line])}\n".encode())

    def shows(self, text: str, who: str | None = None, place: str | None = None) -> Shown:
        """Wait for a line with this text, sender and buffer, discarding earlier ones."""
        buffer = f"irc.chat.{place}" if place else None
        while True:
            line = self.line()
            if text in line.text and who in (None, line.who) and buffer in (None, line.buffer):
                return line

    def line(self) -> Shown:
        """Return the next line shown."""
        try:
            line = Shown(**json.loads(self._lines.readline()))
        except TimeoutError:
            seen = "\n".join(f"{line.buffer}\t{line.who}\t{line.text[:LARGEST]}" for line in self.shown)
            raise AssertionError(f"nothing more came after:\n{seen}") from None
        self.shown.append(line)
        return line
