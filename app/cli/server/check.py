"""chat-server check: check the configuration without starting the server."""

import json
from pathlib import Path
from typing import Annotated

import typer

from app.cli import terminal
from app.cli.server.declaration import Flags, command
from app.errors import CheckFailed
from app.services.checks.startup import ConfigReport, check_config
from app.settings import SERVER, resolve
from app.text.counts import count_of

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


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
        raise CheckFailed(f"The check found {count_of(len(report.problems), 'problem')}.")


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
