"""Loading: a flag beats the environment, the environment beats the file, the file beats the default.

`app.sources` says what happens when one of them is wrong.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from app.errors import ChatError, SettingsRefused, UsageError
from app.settings.client import ClientSettings, client_faults
from app.settings.declare import Settings
from app.settings.server import ServerSettings, server_faults
from app.settings.sources import Problem, read_environment, read_file, read_flags, settle

LOCAL_SUFFIX = ".local.json"  # of the untracked file that beats the settings file beside it
OTHERS = ("CHAT_CLIENT_", "CHAT_TRACEBACK")  # variables that begin like the server's and are not

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class Survey(Generic[S]):
    """The settings as they would be used, and everything that is wrong with them."""

    values: S
    source: Path | None
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """Settings to start with: their values, the file they came from and what to warn of.

    They are not whole when nothing of that file could be read.
    """

    values: S
    source: Path | None
    warnings: list[str]
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Program(Generic[S]):
    """Where the settings of one program are looked for, and how they are checked together."""

    model: type[S]
    file: str
    prefix: str
    others: tuple[str, ...]
    faults: Callable[[S], Iterator[str]]


def survey(
    program: Program[S],
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] = os.environ,
    folders: Sequence[Path] | None = None,
) -> Survey[S]:
    """Read a program's settings and list all that is wrong with them.

    Raises: UsageError when the file asked for is not there.
    """
    model = program.model
    files = _find(program.file, config, folders)
    sources = [read_file(model, file) for file in files]
    sources.append(read_environment(model, environment, program.prefix, program.others))
    merged, problems = settle(model, [*sources, read_flags(flags or {})])
    values = model.model_validate(merged)
    faults = [Problem(sentence, SettingsRefused) for sentence in program.faults(values)]
    return Survey(values, files[-1] if files else None, problems + faults)


def load(
    program: Program[S],
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] = os.environ,
    folders: Sequence[Path] | None = None,
) -> Loaded[S]:
    """Return the settings a program may start with.

    Raises: UsageError for a wrong flag, SettingsRefused for a wrong value of a protecting key.
    """
    found = survey(program, config, flags, environment, folders)
    refused = [problem for problem in found.problems if problem.refusal]
    if refused:
        raise (refused[0].refusal or ChatError)("\n".join(problem.sentence for problem in refused))
    is_whole = not any(problem.spoils for problem in found.problems)
    return Loaded(found.values, found.source, [problem.sentence for problem in found.problems], is_whole)


def _find(name: str, config: Path | None, folders: Sequence[Path] | None) -> list[Path]:
    """Return the requested files, else those in the working directory, else those beside the application.

    Raises: UsageError when the requested file does not exist.
    """
    if config is not None and not config.exists():
        raise UsageError(f"There is no settings file {config}.")
    places = folders if folders is not None else (Path(), Path(__file__).parents[2])
    candidates = [config] if config is not None else [place / name for place in places]
    return next(filter(None, map(_with_local, candidates)), [])


def _with_local(path: Path) -> list[Path]:
    """Return the existing ones of a settings file and its local file, which beats it and comes last.

    A dangling link counts as a file: its target may have protected something.
    """
    shared = path.with_name(path.name.replace(LOCAL_SUFFIX, ".json"))
    local = shared.with_name(shared.name.removesuffix(".json") + LOCAL_SUFFIX)
    return [file for file in dict.fromkeys((shared, local)) if os.path.lexists(file)]


SERVER = Program(ServerSettings, "serverSetup.json", "CHAT_", OTHERS, server_faults)
CLIENT = Program(ClientSettings, "clientSetup.json", "CHAT_CLIENT_", (), client_faults)
