"""The Lounge in a headless Chromium: a web client with an IRC connection per browser page."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.interop.clients.npm import NODE, require_package
from tests.process.server_process import free_port
from tests.process.socket_client import TIMEOUT_SECONDS

WAIT_MILLISECONDS = TIMEOUT_SECONDS * 1000
CONFIG = {
    "public": True,
    "host": "127.0.0.1",
    "messageStorage": [],
    "leaveMessage": "closed the page",
}
DEFAULTS = {
    "name": "chat",
    "host": "127.0.0.1",
    "tls": False,
    "username": "lounger",
    "realname": "A person with The Lounge",
    "join": "",  # it requests the history only of rooms that it learns of from the server
}


def find_chromium() -> str:
    """Return the path of Debian's Chromium, or skip the test."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed")
    return path


class TheLounge:
    """The Lounge's web server, and the browser that opens its pages."""

    def __init__(self, folder: Path, port: int) -> None:
        program = require_package("thelounge") / "index.js"
        playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
        chromium = find_chromium()
        self.port = free_port()
        folder.mkdir()
        config = CONFIG | {"port": self.port, "defaults": DEFAULTS | {"port": port}}
        (folder / "config.js").write_text(f"module.exports = {json.dumps(config)};\n")
        self._process = self._start(program, folder)
        self._playwright = playwright.sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

    def _start(self, program: Path, folder: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [NODE, "--no-warnings", program, "start"],
            env=os.environ | {"THELOUNGE_HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            if "Available at" in line:
                return process
        process.kill()
        raise AssertionError("The Lounge did not start")

    def open(self, nick: str) -> "LoungePage":
        """Open a page and connect from it with a nick."""
        page = self._browser.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        page.goto(f"http://127.0.0.1:{self.port}/")
        return LoungePage(page, nick)

    def close(self) -> None:
        """Terminate the browser and The Lounge."""
        self._browser.close()
        self._playwright.stop()
        self._process.kill()
        self._process.wait(TIMEOUT_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()


class LoungePage:
    """A page of The Lounge, showing #general."""

    def __init__(self, page: Any, nick: str) -> None:
        self._page = page
        page.fill("[id='connect:nick']", nick)
        page.click("button[type=submit]")
        page.click("[data-name='#general'] >> nth=0")
        page.wait_for_selector("#input")

    def say(self, text: str) -> None:
        """Type a message and send it."""
        self._page.fill("#input", text)
        self._page.press("#input", "Enter")

    def shows(self, text: str) -> None:
        """Wait until a message with this text is shown."""
        self._page.wait_for_selector(f".msg .content:has-text('{text}')")

    def messages(self) -> list[tuple[str, str]]:
        """Return the author and text of each message shown in the room."""
        rows = self._page.query_selector_all(".msg[data-type=message]")
        return [(row.get_attribute("data-from"), row.query_selector(".content").inner_text()) for row in rows]

    def screenshot(self, path: Path) -> None:
        """Save a picture of the page, for a person who debugs a failing test."""
        self._page.screenshot(path=path)

    def close(self) -> None:
        """Close the page, and with it the IRC connection."""
        self._page.close()
