"""chat-admin doctor: everything that should be checked before it causes trouble."""

from collections.abc import Iterator
from typing import Annotated

import typer

from app.cli.admin.context import AdminContext
from app.cli.admin.metrics_client import TopClient, find_address, find_token
from app.db.database import Database
from app.errors import ChatError, CheckFailed
from app.services.checks.doctor import Installation, RunningServer, examine
from app.services.checks.finding import CheckResult
from app.settings import ServerSettings
from app.text.counts import count_of

Host = Annotated[
    str | None,
    typer.Option("--host", metavar="NAME", help="Name that users connect to, for the certificate."),
]


def doctor(context: AdminContext, host: Host = None) -> None:
    """Check the settings, the database, the machine and the running server, and say what to do.

    Exits with 3 if there are findings.
    """
    resolved = context.resolve_settings()
    with context.open_database(resolved.values) as database:
        installation = Installation(
            resolved,
            database,
            context.clock,
            host,
            _find_running_server(resolved.values, database),
            _find_io_uring_fault,
        )
        results = list(examine(installation))
    context.out.table([row for result in results for row in _as_rows(result)], "")
    count = sum(len(result.findings) for result in results)
    if count:
        raise CheckFailed(f"The check found {count_of(count, 'problem')}.")


def _as_rows(result: CheckResult) -> Iterator[dict[str, str]]:
    """Yield a row for each finding of a check, or one if there are none."""
    if not result.findings:
        yield {"check": result.name, "state": "ok", "found": result.summary, "advice": ""}
    for finding in result.findings:
        yield {
            "check": result.name,
            "state": "problem",
            "found": finding.problem,
            "advice": finding.advice,
        }


def _find_running_server(settings: ServerSettings, database: Database) -> RunningServer | None:
    """Return what the running server says; None if it does not run or has no metrics port."""
    try:
        figures = TopClient(find_address(settings, None), lambda: find_token(database)).fetch()
    except ChatError:
        return None
    return RunningServer(str(figures["version"]), figures["readiness"]["reasons"])


def _find_io_uring_fault() -> str | None:
    """Return why io_uring cannot be used, or None; tries it out."""
    from app.net.send.sender import IoUringSender  # deferred: part of the server

    try:
        IoUringSender().close()
    except OSError as error:
        return error.strerror or str(error)
    return None
