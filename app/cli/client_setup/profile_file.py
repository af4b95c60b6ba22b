"""The settings file that the setup reads and writes: a profile, or the user's clientSetup.json."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from app.client.storage import private_files
from app.errors import UsageError
from app.setting_files import CLIENT_FILE
from app.settings import ClientSettings, locate_profile
from app.settings.json_text import MalformedText, parse_object
from app.settings.profiles import find_configuration_folder
from app.settings.sources import MAX_FILE_BYTES, merge_sources, read_file


def locate(profile: str | None) -> Path:
    """Return the file of a profile or, without a name, the user's settings file.

    Raises: UsageError for an invalid name, or if there is no configuration folder.
    """
    if profile is not None:
        return locate_profile(profile)
    folder = find_configuration_folder()
    if folder is None:
        raise UsageError("The setup requires a home directory, and HOME is not set.")
    return folder / CLIENT_FILE


class ProfileFile:
    """A settings file; `current` holds its valid values, and defaults for all others.

    Raises: UsageError if it exists but cannot be parsed; OSError if it cannot be read.
    """

    def __init__(self, file: Path) -> None:
        self.path = file
        self.exists = os.path.lexists(file)
        self.warnings: list[str] = []
        self._values: dict[str, object] = {}
        self.current = ClientSettings.model_validate({})
        if self.exists:
            self._read()

    def write(self, changes: Mapping[str, object]) -> None:
        """Change these keys, where None removes a key; all other keys stay as they are.

        Raises: OSError.
        """
        merged = {**self._values, **changes}
        kept = {key: value for key, value in merged.items() if key not in changes or value is not None}
        text = json.dumps(kept, ensure_ascii=False, indent=2) + "\n"
        private_files.replace(self.path.resolve(), text)  # if it is a link, the link stays

    def _read(self) -> None:
        with self.path.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
        try:
            parsed = parse_object(raw)
        except MalformedText as error:
            raise UsageError(
                f"{self.path} is not valid JSON ({error}). Correct or delete it, then start the setup again."
            ) from error
        self._values = parsed.values
        merged, problems = merge_sources(ClientSettings, [read_file(ClientSettings, self.path)])
        self.current = ClientSettings.model_validate(merged)
        self.warnings = [problem.fault + "." for problem in problems]
