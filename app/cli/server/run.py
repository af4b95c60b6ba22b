"""chat-server run: run the server in the foreground."""

from functools import partial
from pathlib import Path

import typer

from app.cli.server.declaration import Flags, command
from app.settings import SERVER, load, reload


@command
def run(config: Path | None, given: Flags) -> None:
    """Run the server in the foreground until Ctrl-C or SIGTERM.

    Options override environment variables (CHAT_PORT, ...), which override serverSetup.json.
    Use `chat-server check` with the same options to validate the configuration first.
    """
    loaded = load(SERVER, config, given)
    from app.bootstrap import serve  # deferred: loading the server is slow

    raise typer.Exit(serve(loaded, partial(reload, SERVER, loaded.files, config, given)))
