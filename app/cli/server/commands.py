"""The commands of chat-server: run the server, or check its configuration."""

import inspect
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import terminal
from app.cli.options import ServerConfig, parameters_of, with_parameters
from app.cli.settings_options import flags, setting
from app.errors import CheckFailed
from app.services.config_check import ConfigReport, check_config
from app.settings import SERVER, ServerSettings, load, reload, resolve

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
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


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


@command
def run(config: Path | None, given: Flags) -> None:
    """Run the server in the foreground until Ctrl-C or SIGTERM.

    Options override environment variables (CHAT_PORT, ...), which override serverSetup.json.
    Use `chat-server check` with the same options to validate the configuration first.
    """
    loaded = load(SERVER, config, given)
    from app.bootstrap import serve  # deferred: loading the server is slow

    raise typer.Exit(serve(loaded, partial(reload, SERVER, loaded.files, config, given)))


@command
def check(config: Path | None, given: Flags, as_json: Json = False) -> None:
    """Check the settings and the database without starting or changing anything.

    Exits with 0 if the server would start without a warning, otherwise with 3 after listing all
    problems.
    """
    report = check_config(resolve(SERVER, config, given))
    if as_json:
        terminal.echo_json(_as_json(report))
    else:
        terminal.echo(_as_text(report))
    if report.problems:
        raise CheckFailed(f"Problems found: {len(report.problems)}.")


def _as_text(report: ConfigReport) -> str:
    lines = [f"Settings: {report.source or 'defaults'}"]
    if report.database:
        lines.append(f"Database: {report.database} {report.outcome or 'cannot be used'}")
    return "\n".join(lines + [f"Problem: {problem}" for problem in report.problems])


def _as_json(report: ConfigReport) -> str:
    members = {
        "ok": not report.problems,
        "source": report.source,
        "database": report.database,
        "prospect": report.outcome,
        "problems": report.problems,
    }
    return json.dumps(members, ensure_ascii=False)
