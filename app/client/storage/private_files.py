"""Files of the client that only their owner can read (XDG Base Directory Specification)."""

import os
from collections.abc import Mapping
from pathlib import Path

from app.atomic_write import PRIVATE_FILE, replacing

FOLDER = "durable-chat"
PRIVATE_FOLDER = 0o700


def find_state_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return `$XDG_STATE_HOME/durable-chat`, or the same in `~/.local/state`, or None."""
    home = environment.get("HOME", "")
    candidates = (Path(environment.get("XDG_STATE_HOME", "")), Path(home, ".local", "state"))
    return next((folder / FOLDER for folder in candidates if folder.is_absolute()), None)


def replace(file: Path, text: str) -> None:
    """Replace the contents of a file atomically; an interruption leaves no other file behind.

    Raises: OSError.
    """
    file.parent.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    with replacing(file) as temporary:
        temporary.write_text(text, encoding="utf-8")


def append(file: Path, text: str) -> None:
    """Append a text to a file.

    Raises: OSError.
    """
    file.parent.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    os.fchmod(descriptor, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
