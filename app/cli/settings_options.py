"""Command-line options derived from the settings."""

from collections.abc import Mapping
from typing import Any

import typer

from app.settings import Settings


def setting(model: type[Settings], key: str, metavar: str | None, *names: str) -> Any:
    """Return the command-line option for a setting, with the setting's description as its help."""
    description = model.model_fields[key].description
    return typer.Option(*names, metavar=metavar, help=description, show_default=False)


def flags(model: type[Settings], arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the arguments of a command that are fields of a settings model."""
    return {key: arguments[key] for key in model.model_fields if key in arguments}
