"""chat-admin db copy: moves a chat to another database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from app.cli.admin.context import AdminContext, require_current
from app.cli.admin.progress import show_progress
from app.db.database import Database
from app.errors import Interrupted, UsageError
from app.services import copying
from app.services.administration import audit

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="Database to copy: a file or a URL.")]
Target = Annotated[
    str, typer.Argument(metavar="TARGET", help="Database to write, empty or missing: a file or a URL.")
]
NoWait = Annotated[
    bool,
    typer.Option(
        "--no-wait",
        help="If a server uses SOURCE, end when the copy is up to date. Run the command again to finish it.",
    ),
]


def copy(context: AdminContext, source: Source, target: Target, no_wait: NoWait = False) -> None:
    """Copy a chat to another database, SQLite or PostgreSQL, while its server runs.

    The copy is finished when the server has stopped. An interrupted copy continues.
    """
    with _open_both(context, source, target) as (ours, theirs):
        unfinished = copying.CopyTarget(theirs, copying.name_source(ours))
        with _resumable(theirs), show_progress("Copying", lambda: copying.count_rows(ours)) as advance:
            report = _run(context, copying.SwitchOver(ours, unfinished, advance), ours, theirs, no_wait)
        _print(context, str(ours), str(theirs), report)


@contextmanager
def _open_both(context: AdminContext, source: str, target: str) -> Iterator[tuple[Database, Database]]:
    """Open the source, which must be current, and claim the target."""
    with context.open_named(source) as ours, context.open_named(target) as theirs:
        if ours.url == theirs.url:
            raise UsageError("SOURCE and TARGET are the same database; nothing was changed.")
        require_current(ours)
        copying.require_claimable(ours)
        with copying.claimed_target(theirs):
            yield ours, theirs


@contextmanager
def _resumable(target: Database) -> Iterator[None]:
    """Say how to continue after Ctrl-C.

    Raises: Interrupted.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            f"The copy to {target} was interrupted. What was copied is kept: run the command again to continue."
        ) from None


def _run(
    context: AdminContext, moving: copying.SwitchOver, ours: Database, theirs: Database, no_wait: bool
) -> copying.CopyReport | None:
    def record(connection: Connection) -> None:
        entry = audit.make_audit_row(context.clock, context.actor, "db.copy", str(theirs), source=str(ours))
        audit.append(connection, entry)

    report = moving.finish_if_stopped(record)
    if report is not None:
        return report
    moving.catch_up()
    if no_wait:
        return None
    context.out.note(f"The copy is up to date with {ours}. Stop the server to finish it.")
    return moving.wait_and_finish(record)


def _print(context: AdminContext, source: str, target: str, report: copying.CopyReport | None) -> None:
    facts: dict[str, Any] = {"source": source, "target": target, "finished": report is not None}
    if report is None:
        context.out.done(
            f"{target} is up to date with {source}, whose server is running. "
            "Stop the server, and run the command again to finish the copy.",
            **facts,
        )
        return
    context.out.done(
        f"Copied {source} to {target}; all rows are equal. Set `dbname`, and start the server: it builds the "
        "search index in the background. To build it beforehand, use `chat-admin db reindex`.",
        **facts,
        last_id=report.last_id,
        tables=[asdict(table) for table in report.tables],
    )
