"""Declares chat-server commands: functions that take the settings file and the flags given."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import terminal
from app.cli.options import ServerConfig, parameters_of, with_parameters
from app.cli.settings_options import flags, setting
from app.settings import ServerSettings

# Numeric options are declared as text, because the settings parse and validate them.

Flags = dict[str, object]

Buffer = Annotated[str | None, setting(ServerSettings, "buffer", "BYTES", "-b", "--buffer")]
Ip = Annotated[str | None, setting(ServerSettings, "ip", "IP", "-i", "--ip")]
Port = Annotated[str | None, setting(ServerSettings, "port", "PORT", "-p", "--port")]
Servername = Annotated[str | None, setting(ServerSettings, "servername", "NAME", "-n", "--servername")]
Dbname = Annotated[str | None, setting(ServerSettings, "dbname", "FILE-or-URL", "-d", "--dbname")]
TlsCert = Annotated[Path | None, setting(ServerSettings, "tls_cert", "FILE", "--tls-cert")]
TlsKey = Annotated[Path | None, setting(ServerSettings, "tls_key", "FILE", "--tls-key")]
TlsPort = Annotated[str | None, setting(ServerSettings, "tls_port", "PORT", "--tls-port")]


def _settings(
    buffer: Buffer = None,
    ip: Ip = None,
    port: Port = None,
    servername: Servername = None,
    dbname: Dbname = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    tls_port: TlsPort = None,
    config: ServerConfig = None,
) -> None:
    """Declare, by its signature, the options shared by `run` and `check`."""


def command(function: Callable[..., None]) -> typer.Typer:
    """Return a command that accepts the options for settings, `--config` and its own options."""

    def run(config: Path | None, **given: Any) -> None:
        own = {name: value for name, value in given.items() if name not in ServerSettings.model_fields}
        function(config, flags(ServerSettings, given), **own)

    _, _, *own = parameters_of(function)
    app = terminal.new_app()
    app.command(cls=terminal.PlainCommand, help=inspect.getdoc(function))(
        with_parameters(run, [*parameters_of(_settings), *own])
    )
    return app
