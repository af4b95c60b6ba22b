"""Limnoria, a bot that runs the commands it reads in a room."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.process.socket_client import TIMEOUT_SECONDS

PROGRAM = Path(sys.executable).with_name("limnoria")
CONFIG = """
supybot.nick: {nick}
supybot.ident: {nick}
supybot.user: A bot
supybot.networks: chat
supybot.networks.chat.servers: 127.0.0.1:{port}
supybot.networks.chat.channels: #general
supybot.networks.chat.ssl: False
supybot.plugins: Utilities
supybot.plugins.Utilities: True
supybot.reply.whenAddressedBy.chars: @
supybot.protocols.irc.throttleTime: 0.0
supybot.drivers.maxReconnectWait: 1.0
"""


class Limnoria:
    """A bot in #general with the command `@echo TEXT`. It reconnects by itself."""

    def __init__(self, folder: Path, port: int, nick: str) -> None:
        if not PROGRAM.exists():
            pytest.skip("Limnoria is not installed; run scripts/interop-clients")
        folder.mkdir()
        config = folder / "bot.conf"
        config.write_text(CONFIG.format(port=port, nick=nick))
        self._process = subprocess.Popen(
            [PROGRAM, "--allow-root", config],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        """Terminate the program."""
        self._process.kill()
        self._process.wait(TIMEOUT_SECONDS)
