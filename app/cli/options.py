"""Command-line options shared by several programs."""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from app.cli import terminal
from app.errors import UsageError
from app.setting_files import CLIENT_FILE, SERVER_FILE

Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=terminal.print_version, is_eager=True, help="Show the version and exit."
    ),
]


def _config(usual: str) -> Any:
    return typer.Option("--config", metavar="FILE", help=f"Read this settings file instead of {usual}.")


ServerConfig = Annotated[Path | None, _config(SERVER_FILE)]
ClientConfig = Annotated[Path | None, _config(CLIENT_FILE)]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help=f"Read the settings file NAME.json in ~/.config/durable-chat instead of {CLIENT_FILE}.",
    ),
]


def parameters_of(declaration: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters that a function's signature declares."""
    return list(inspect.signature(declaration, eval_str=True).parameters.values())


def with_parameters(run: Callable[..., None], parameters: Iterable[inspect.Parameter]) -> Callable[..., None]:
    """Return `run`, which accepts any keyword argument, with these parameters as its signature."""
    named = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    run.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    run.__annotations__ = {}
    return run


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
