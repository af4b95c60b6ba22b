"""The profiles of `chat-client`: named settings files in the user's configuration folder.

A profile is read instead of the other settings files, as if it was named with `--config`. Otherwise
a password that belongs to one server could be sent to another.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from app.errors import UsageError
from app.setting_files import CLIENT_FILE

FOLDER = "durable-chat"
SUFFIX = ".json"
_NAME = re.compile(r"\w[\w-]{0,31}")


def find_configuration_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return `$XDG_CONFIG_HOME/durable-chat`, or the same in `~/.config`, or None."""
    candidates = (Path(environment.get("XDG_CONFIG_HOME", "")), Path(environment.get("HOME", ""), ".config"))
    return next((folder / FOLDER for folder in candidates if folder.is_absolute()), None)


def list_profiles(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the names of the existing profiles."""
    folder = find_configuration_folder(environment)
    try:
        files = sorted(folder.iterdir()) if folder else []
    except OSError:
        return []
    return [file.stem for file in files if file.suffix == SUFFIX and is_profile_name(file.stem)]


def is_profile_name(name: str) -> bool:
    """Return whether a profile may have this name."""
    return _NAME.fullmatch(name) is not None and name + SUFFIX != CLIENT_FILE


def locate_profile(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the file of a profile, which need not exist.

    Raises: UsageError for an invalid name, or if there is no configuration folder.
    """
    if not is_profile_name(name):
        raise UsageError(
            f"{name!r} cannot be the name of a profile: it must be 1 to 32 letters, digits, underscores or "
            f"hyphens, and not {Path(CLIENT_FILE).stem}."
        )
    folder = find_configuration_folder(environment)
    if folder is None:
        raise UsageError("Profiles require a home directory, and HOME is not set.")
    return folder / (name + SUFFIX)


def get_profile(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the file of an existing profile.

    Raises: UsageError if there is none, with the names of those that exist.
    """
    file = locate_profile(name, environment)
    if os.path.lexists(file):
        return file
    names = ", ".join(list_profiles(environment)) or "none"
    raise UsageError(
        f"There is no profile {name} (existing profiles: {names}). "
        f"To create it: chat-client setup --profile {name}"
    )
