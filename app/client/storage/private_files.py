"""Files of the client that only their owner can read (XDG Base Directory Specification)."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

FOLDER = "durable-chat"
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


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
    temporary = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with _open(temporary, os.O_TRUNC) as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def append(file: Path, text: str) -> None:
    """Append a text to a file.

    Raises: OSError.
    """
    file.parent.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    with _open(file, os.O_APPEND) as stream:
        stream.write(text)


def _open(file: Path, flag: int) -> TextIO:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | flag, PRIVATE_FILE)
    os.fchmod(descriptor, PRIVATE_FILE)
    return os.fdopen(descriptor, "w", encoding="utf-8")
