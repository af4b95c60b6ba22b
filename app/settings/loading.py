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
    path = _find(program.file, config, folders)
    sources = [read_file(model, path)] if path else []
    sources.append(read_environment(model, environment, program.prefix, program.others))
    merged, problems = settle(model, [*sources, read_flags(flags or {})])
    values = model.model_validate(merged)
    faults = [Problem(sentence, SettingsRefused) for sentence in program.faults(values)]
    return Survey(values, path, problems + faults)


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


def _find(name: str, config: Path | None, folders: Sequence[Path] | None) -> Path | None:
    """Return the file asked for, else the working directory's, else the one beside the application."""
    if config is not None and not config.exists():
        raise UsageError(f"There is no settings file {config}.")
    places = folders if folders is not None else (Path(), Path(__file__).parents[2])
    # A dangling link counts as a file: what it should lead to may protect something.
    found = (place / name for place in places if os.path.lexists(place / name))
    return config or next(found, None)


SERVER = Program(ServerSettings, "serverSetup.json", "CHAT_", OTHERS, server_faults)
CLIENT = Program(ClientSettings, "clientSetup.json", "CHAT_CLIENT_", (), client_faults)
