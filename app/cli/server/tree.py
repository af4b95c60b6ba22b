"""The command tree of chat-server."""

from typing import ClassVar

import typer

from app.cli import terminal
from app.cli.lazy_commands import LazyCommand, LazyGroup
from app.cli.options import Version


def _run() -> typer.Typer:
    from app.cli.server.run import run

    return run


def _check() -> typer.Typer:
    from app.cli.server.check import check

    return check


class ServerCommands(LazyGroup):
    """The commands of chat-server."""

    declared: ClassVar = {
        "run": LazyCommand("Run the server in the foreground until Ctrl-C or SIGTERM.", _run),
        "check": LazyCommand(
            "Check the settings and the database without starting or changing anything.", _check
        ),
    }


app = terminal.new_program(
    "Run a group chat server that speaks IRC and stores everything it shows.", ServerCommands
)


@app.callback()
def server(version: Version = False) -> None:
    """Run a group chat server that speaks IRC and stores everything it shows."""
