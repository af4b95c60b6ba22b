"""Edits a text in the user's editor."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from app.errors import UsageError


def edit_text(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return a text as the user has changed it with $VISUAL or $EDITOR, without a final line break.

    The text is in a file that only the user can read, and which is deleted afterwards.

    Raises: UsageError when there is no editor, or if it fails; the text is unchanged then.
    """
    command = _find_editor(environment)
    with tempfile.TemporaryDirectory(prefix="durable-chat-") as folder:
        file = Path(folder) / "message.txt"
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        _run([*command, str(file)])
        try:
            return file.read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError("The editor left no text in UTF-8, so nothing was changed.") from error


def _find_editor(environment: Mapping[str, str]) -> list[str]:
    for variable in ("VISUAL", "EDITOR"):
        value = environment.get(variable, "")
        try:
            words = shlex.split(value)
        except ValueError as error:
            raise UsageError(f"Cannot parse the value of {variable}: {error}.") from error
        if words:
            return words
    raise UsageError("Set the environment variable EDITOR to the command of your editor.")


def _run(command: list[str]) -> None:
    try:
        status = subprocess.run(command, check=False).returncode
    except OSError as error:
        raise UsageError(f"Cannot run the editor {command[0]}: {error.strerror}.") from error
    if status != 0:
        raise UsageError(f"The editor {command[0]} failed with status {status}, so nothing was changed.")
