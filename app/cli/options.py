"""Options that several programs have, declared once."""

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
    typer.Option("--version", callback=terminal.print_version, is_eager=True, help="Print the version."),
]


def setting(model: type[Settings], key: str, metavar: str | None, *names: str) -> Any:
    """Return the option of a setting, described as the setting is."""
    description = model.model_fields[key].description
    return typer.Option(*names, metavar=metavar, help=description, show_default=False)


def _config(program: Program[Any]) -> Any:
    return typer.Option("--config", metavar="FILE", help=f"Settings file to read instead of {program.file}.")


ServerConfig = Annotated[Path | None, _config(SERVER)]
ClientConfig = Annotated[Path | None, _config(CLIENT)]


def parameters_of(declaration: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the options that a function declares by its signature."""
    return list(inspect.signature(declaration, eval_str=True).parameters.values())


def takes(run: Callable[..., None], parameters: Iterable[inspect.Parameter]) -> Callable[..., None]:
    """Let a function of keywords have these parameters on the command line, required or not, in any order."""
    named = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    run.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    run.__annotations__ = {}
    return run


def flags(model: type[Settings], arguments: Mapping[str, object]) -> dict[str, object]:
    """Return those of a command's arguments that are settings."""
    return {key: arguments[key] for key in model.model_fields if key in arguments}


def first_line(file: Path) -> str:
    """Return the first line of a file that holds a password, without its end.

    Raises: UsageError when it is no text; OSError when it cannot be read.
    """
    try:
        with file.open(encoding="utf-8") as lines:
            return lines.readline().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not a text file in UTF-8.") from error
