"""Command-line options shared by several programs."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, BinaryIO

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


def read_first_line(source: BinaryIO, name: str) -> str:
    """Return the first line of a password file or of standard input; `name` is for error messages.

    The line terminator and a byte order mark are not part of the password.

    Raises: UsageError if the line is not UTF-8; OSError if it cannot be read.
    """
    try:
        return source.readline().decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text.") from error


def read_password_file(file: Path) -> str:
    """Return the first line of a password file.

    Raises: UsageError if it is not UTF-8; OSError if it cannot be read.
    """
    with file.open("rb") as source:
        return read_first_line(source, str(file))
