"""Command-line options shared by several programs."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import terminal
from app.errors import UsageError
from app.settings import CLIENT, SERVER, Program, Settings

Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=terminal.print_version, is_eager=True, help="Show the version and exit."
    ),
]


def setting(model: type[Settings], key: str, metavar: str | None, *names: str) -> Any:
    """Return the command-line option for a setting, with the setting's description as its help."""
    description = model.model_fields[key].description
    return typer.Option(*names, metavar=metavar, help=description, show_default=False)


def _config(program: Program[Any]) -> Any:
    return typer.Option(
        "--config", metavar="FILE", help=f"Read this settings file instead of {program.file}."
    )


ServerConfig = Annotated[Path | None, _config(SERVER)]
ClientConfig = Annotated[Path | None, _config(CLIENT)]


def parameters_of(declaration: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters that a function's signature declares."""
    return list(inspect.signature(declaration, eval_str=True).parameters.values())


def with_parameters(run: Callable[..., None], parameters: Iterable[inspect.Parameter]) -> Callable[..., None]:
    """Return `run`, which accepts any keyword argument, with these parameters as its signature."""
    named = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    run.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    run.__annotations__ = {}
    return run


def flags(model: type[Settings], arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the arguments of a command that are fields of a settings model."""
    return {key: arguments[key] for key in model.model_fields if key in arguments}


def read_first_line(file: Path) -> str:
    """Return the first line of a password file, without its line terminator.

    Raises: UsageError if the file is not UTF-8; OSError if it cannot be read.
    """
    try:
        with file.open(encoding="utf-8") as lines:
            return lines.readline().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not a UTF-8 text file.") from error
