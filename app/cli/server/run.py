"""chat-server run: run the server in the foreground."""

import os
from functools import partial
from pathlib import Path

import typer

from app.cli import terminal
from app.cli.server.declaration import Flags, command
from app.errors import NodeLost
from app.process import replace_process
from app.settings import SERVER, load, reload


@command
def run(config: Path | None, given: Flags) -> None:
    """Run the server in the foreground until Ctrl-C or SIGTERM.

    Options override environment variables (CHAT_PORT, ...), which override serverSetup.json.
    Use `chat-server check` with the same options to validate the configuration first.
    """
    environment = dict(os.environ)  # the server takes variables of the service manager out of it
    loaded = load(SERVER, config, given)
    from app.bootstrap.serving import serve  # deferred: loading the server is slow

    try:
        code = serve(loaded, partial(reload, SERVER, loaded.files, config, given))
    except NodeLost as loss:
        if not loss.may_restart:
            raise
        terminal.echo_error(f"{loss.sentence} Starting again.")
        replace_process(environment, loss.label)
    raise typer.Exit(code)
