"""Declares chat-admin commands: functions that take an `AdminContext` and their own options.

Every command also accepts the common options, before the noun or after the command. The latter take
precedence.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app.cli import terminal
from app.cli.admin.common_options import CommonOptions
from app.cli.options import ServerConfig, Version, parameters_of, with_parameters

Dbname = Annotated[
    str | None,
    typer.Option(
        "-d", "--dbname", metavar="FILE-or-URL", help="Database. Default: from the server's settings."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]

Command = Callable[..., None]


def new_admin(summary: str, commands: type[TyperGroup]) -> typer.Typer:
    """Return the root of the command tree, which accepts the common options."""
    app = terminal.new_program(summary, commands)

    @app.callback(help=summary)
    def before(
        context: typer.Context,
        dbname: Dbname = None,
        config: ServerConfig = None,
        as_json: Json = False,
        version: Version = False,
    ) -> None:
        context.obj = CommonOptions(dbname, config, as_json)

    return app


def new_noun(name: str, summary: str) -> typer.Typer:
    """Return an empty group of commands for a noun, such as `user`."""
    app = terminal.new_app(summary)
    app.info.name = name
    app.callback(help=summary)(lambda: None)
    return app


def new_verb(function: Command) -> typer.Typer:
    """Return a top-level command; its docstring is its help."""
    app = terminal.new_app()
    command(app, function.__name__)(function)
    return app


def command(
    app: typer.Typer, name: str, cls: type[terminal.PlainCommand] = terminal.PlainCommand
) -> Callable[[Command], Command]:
    """Declare a command; its docstring is its help."""

    def declare(function: Command) -> Command:
        app.command(name, cls=cls, help=inspect.getdoc(function))(_with_common_options(function))
        return function

    return declare


def _with_common_options(function: Command) -> Command:
    def run(
        context: typer.Context, dbname: str | None, config: Path | None, as_json: bool, **own: Any
    ) -> None:
        from app.cli.admin.context import AdminContext  # deferred: help needs no database

        common = (context.find_root().obj or CommonOptions()).overridden(dbname, config, as_json)
        function(AdminContext(common), **own)

    _, *own = parameters_of(function)
    first = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    return with_parameters(run, [first, *own, *parameters_of(_common)])


def _common(dbname: Dbname = None, config: ServerConfig = None, as_json: Json = False) -> None:
    """Declare, by its signature, the options common to all commands."""
