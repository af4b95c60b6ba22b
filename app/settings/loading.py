"""Loads a program's settings from flags, environment variables and settings files.

Precedence: flag, environment variable, local settings file, settings file, default. The local file
is in the folder of the settings file and overrides it key by key; it is not under version
control, so an update never conflicts with it. The client also reads a file in the user's
configuration folder, which ranks between the application's file and the others. A file named with
`--config`, or a profile, is used alone.
`app.settings.sources` describes how invalid values are handled.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from app.errors import ChatError, SettingsRefused, UsageError
from app.setting_files import CLIENT_FILE, SERVER_FILE
from app.settings.base import Settings
from app.settings.client import ClientSettings, find_client_faults
from app.settings.profiles import find_configuration_folder
from app.settings.server import ServerSettings, find_server_faults
from app.settings.sources import Problem, merge_sources, read_environment, read_file, read_flags

OTHER_PREFIXES = ("CHAT_CLIENT_", "CHAT_TRACEBACK")  # share the server's prefix but are not its settings

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class ResolvedSettings(Generic[S]):
    """The effective settings, the files they were read from, and all problems found."""

    values: S
    files: tuple[Path, ...]
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class LoadedSettings(Generic[S]):
    """Settings that a program may use, the files they were read from, and the problems ignored.

    `config` is the file named with `--config`.
    """

    values: S
    files: tuple[Path, ...]
    problems: list[Problem]
    config: Path | None = None

    @property
    def warnings(self) -> list[str]:
        """A sentence for each problem."""
        return [problem.sentence for problem in self.problems]

    @property
    def ignored_files(self) -> list[Problem]:
        """The problems that caused a whole file to be ignored."""
        return [problem for problem in self.problems if problem.voids_file]


@dataclass(frozen=True, slots=True)
class Program(Generic[S]):
    """A program's settings model and sources, and a check for contradictory settings."""

    model: type[S]
    file: str
    prefix: str
    other_prefixes: tuple[str, ...]
    find_faults: Callable[[S], Iterator[str]]
    has_user_file: bool = False  # whether there may be a file in the user's configuration folder

    @property
    def local_file(self) -> str:
        """The name of the settings file that overrides `file`, such as `serverSetup.local.json`."""
        return str(Path(self.file).with_suffix(".local.json"))


def resolve(
    program: Program[S],
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] = os.environ,
    folders: Sequence[Path] | None = None,
) -> ResolvedSettings[S]:
    """Return a program's settings with all problems found in them.

    Raises: UsageError when `config` does not exist.
    """
    model = program.model
    files = _find_files(program, config, folders, environment)
    sources = [read_file(model, file) for file in files]
    sources.append(read_environment(model, environment, program.prefix, program.other_prefixes))
    merged, problems = merge_sources(model, [*sources, read_flags(flags or {})])
    values = model.model_validate(merged)
    faults = [Problem(fault.rstrip("."), refusal=SettingsRefused) for fault in program.find_faults(values)]
    return ResolvedSettings(values, files, problems + faults)


def load(
    program: Program[S],
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] = os.environ,
    folders: Sequence[Path] | None = None,
) -> LoadedSettings[S]:
    """Load a program's settings, with warnings for the values that were ignored.

    Raises: UsageError for an invalid flag or a missing `config`, SettingsRefused for an invalid
        security setting.
    """
    found = resolve(program, config, flags, environment, folders)
    refused = [problem for problem in found.problems if problem.refusal]
    if refused:
        raise (refused[0].refusal or ChatError)("\n".join(problem.sentence for problem in refused))
    return LoadedSettings(found.values, found.files, found.problems, config)


def reload(
    program: Program[S],
    files: Sequence[Path],
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> LoadedSettings[S]:
    """Load the settings again, from the folder of the files that the first load read.

    Raises: as `load`; also UsageError if one of these files no longer exists, because it may have
        contained security settings.
    """
    for file in files:
        if not os.path.lexists(file):
            raise UsageError(f"There is no settings file {file}.")
    return load(program, config, flags, environment, [files[0].parent] if files else None)


def _find_files(
    program: Program[S], config: Path | None, folders: Sequence[Path] | None, environment: Mapping[str, str]
) -> tuple[Path, ...]:
    """Return the settings files to read, the overriding one last.

    Without `config`, the first folder with a settings file or a local one is used: the working
    directory, then the application's. A dangling link counts as a file, because its target may
    contain security settings.

    Raises: UsageError when `config` does not exist.
    """
    if config is not None:
        if not config.exists():
            raise UsageError(f"There is no settings file {config}.")
        return (config,)
    application = Path(__file__).parents[2]
    found = _find_in_first(program, folders if folders is not None else (Path(), application))
    shipped = (application / program.file).absolute()
    weakest = [file for file in found if file.absolute() == shipped]
    return (*weakest, *_find_user_files(program, environment), *(f for f in found if f not in weakest))


def _find_in_first(program: Program[S], folders: Sequence[Path]) -> tuple[Path, ...]:
    """Return the settings files in the first folder that has any."""
    for folder in folders:
        candidates = (folder / program.file, folder / program.local_file)
        if found := tuple(file for file in candidates if os.path.lexists(file)):
            return found
    return ()


def _find_user_files(program: Program[S], environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the settings file in the user's configuration folder (XDG Base Directory), if any."""
    folder = find_configuration_folder(environment)
    if folder is None or not program.has_user_file:
        return ()
    file = folder / program.file
    return (file,) if os.path.lexists(file) else ()


SERVER = Program(ServerSettings, SERVER_FILE, "CHAT_", OTHER_PREFIXES, find_server_faults)
CLIENT = Program(ClientSettings, CLIENT_FILE, "CHAT_CLIENT_", (), find_client_faults, has_user_file=True)
