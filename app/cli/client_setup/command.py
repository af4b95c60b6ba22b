"""The command `chat-client setup`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli import terminal
from app.cli.client_start import start_client
from app.errors import UsageError

app = terminal.new_app()


@app.command(cls=terminal.PlainCommand)
def setup(
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile", metavar="NAME", help="Set up this profile, for chat-client --profile NAME."
        ),
    ] = None,
) -> None:
    """Set up the client: server, name and password.

    Each answer is tried on the server. The defaults in brackets are the existing settings; others
    stay as they are. Nothing is written before the last answer, so Ctrl-C changes nothing.
    Passwords are kept in the system's keyring or in a file that only you can read, never in
    the settings.
    """
    from app.cli.client_setup import profile_file  # deferred, as below: --help does not need them

    file = profile_file.locate(profile)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            f"chat-client setup asks questions, so it needs a terminal. Without one, write {file} yourself."
        )
    from app.cli.client_setup.dialogue import Dialogue
    from app.cli.client_setup.steps import run_setup

    dialogue = Dialogue()
    run_setup(dialogue, profile_file.ProfileFile(file), profile)
    if dialogue.confirm("Start now?", default=True):
        _start(file if profile else None, profile)


def _start(file: Path | None, profile: str | None) -> None:
    from app.settings import CLIENT, load

    start_client(load(CLIENT, file), profile, shows_hints=True)
