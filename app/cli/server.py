"""chat-server: run the server, or check that it could."""

import inspect
import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import terminal
from app.cli.options import ServerConfig, Version, flags, parameters_of, setting, takes
from app.errors import CheckFailed
from app.process import exit_now
from app.services.config_check import ConfigReport, check_config
from app.settings import SERVER, ServerSettings, load, reload, resolve

# Numbers are read by the settings, which say what is wrong with one and which would be right.
app = terminal.new_app("A group chat over IRC whose log is the truth.")

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


@app.callback()
def server(version: Version = False) -> None:
    """A group chat over IRC whose log is the truth."""


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
    """The options that a start and the check before it have in common."""


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Declare a command that takes the settings beside its own options: as the file and the flags given."""

    def run(config: Path | None, **given: Any) -> None:
        own = {name: value for name, value in given.items() if name not in ServerSettings.model_fields}
        function(config, flags(ServerSettings, given), **own)

    _, _, *own = parameters_of(function)
    app.command(function.__name__, help=inspect.getdoc(function))(
        takes(run, [*parameters_of(_settings), *own])
    )
    return function


@command
def run(config: Path | None, given: Flags) -> None:
    """Run the server in the foreground until Ctrl-C or SIGTERM.

    An option beats the environment (CHAT_PORT, ...), which beats serverSetup.json, which beats the default.
    `chat-server check` takes the same options and only looks.
    """
    loaded = load(SERVER, config, given)
    from app.bootstrap import serve  # here, so that nothing of the server is loaded before it can start

    raise typer.Exit(serve(loaded, partial(reload, SERVER, loaded.files, config, given)))


@command
def check(config: Path | None, given: Flags, as_json: Json = False) -> None:
    """Look the settings and the database over without starting or changing anything.

    Ends with 0 when the server could start without a warning, else with 3 and every problem listed.
    """
    report = check_config(resolve(SERVER, config, given))
    typer.echo(_as_json(report) if as_json else _as_text(report))
    if report.problems:
        raise CheckFailed(f"Problems found: {len(report.problems)}.")


def _as_text(report: ConfigReport) -> str:
    lines = [f"Settings: {report.source or 'defaults'}"]
    if report.database:
        lines.append(f"Database: {report.database} {report.outcome or 'cannot be used'}")
    return "\n".join(lines + [f"Problem: {problem}" for problem in report.problems])


def _as_json(report: ConfigReport) -> str:
    return json.dumps({"ok": not report.problems, **asdict(report)}, ensure_ascii=False)


def main() -> None:
    """Run `chat-server`."""
    try:
        terminal.run(app, "chat-server")
    except SystemExit as end:
        exit_now(int(end.code or 0))
