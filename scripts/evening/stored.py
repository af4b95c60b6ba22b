"""What the server has stored, as `chat-admin` shows it."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from scripts.evening.screen_capture import ShownMessage, squash
from tests.process.server_process import PROGRAM

ADMIN = PROGRAM.with_name("chat-admin")
ALL = "100000"


def administer(folder: Path, *words: str) -> str:
    """Run `chat-admin` on the server in a folder and return its output."""
    command = [ADMIN, *words, "-d", folder / "chat.db"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def stored_messages(folder: Path) -> dict[str, list[ShownMessage]]:
    """Return the messages of all rooms and conversations, oldest first."""
    messages: dict[str, list[ShownMessage]] = defaultdict(list)
    for one in json.loads(administer(folder, "history", "show", "--json", "-n", ALL)):
        messages[one["target"]].append(ShownMessage(one["nick"], squash(one["text"])))
    return messages


def find_run(shown: Sequence[ShownMessage], stored: Sequence[ShownMessage]) -> int | None:
    """Return where the shown messages stand in the stored ones without a gap, or None."""
    if not shown:
        return None
    count = len(shown)
    places = range(len(stored) - count, -1, -1)
    return next((place for place in places if list(stored[place : place + count]) == list(shown)), None)
