"""chat-admin import-legacy: import the database of the predecessor program."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.cli.admin.context import AdminContext
from app.cli.admin.output import as_row
from app.cli.admin.progress import show_progress
from app.db.database import Database
from app.db.sqlite.legacy import LegacyDatabase
from app.services.legacy import ImportReport, LegacyImport
from app.services.legacy.rows import ImportLimits
from app.services.rooms.administration import check_room_name


def import_legacy(
    context: AdminContext,
    old: Annotated[Path, typer.Argument(metavar="OLD.db", help="SQLite database of the legacy server.")],
    room: Annotated[
        str, typer.Option("--room", "-r", metavar="ROOM", help="Room to import the messages into.")
    ] = "#general",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; show what would be imported.")
    ] = False,
) -> None:
    """Import accounts and messages from the predecessor program.

    The old file is only read. Rows already imported are skipped, so the import can be repeated.
    """
    room = check_room_name(room, context.settings.room_length)
    with closing(LegacyDatabase(old)) as source, _target(context, dry_run) as database:
        limits = ImportLimits(context.settings.nick_length, context.settings.buffer, context.clock.now())
        run = LegacyImport(source, database, context.clock, room, limits, context.actor, context.by, dry_run)
        with show_progress("Importing", lambda: sum(source.count())) as advance:
            report = run.run(advance)
    _print(context, report, old)


@contextmanager
def _target(context: AdminContext, dry_run: bool) -> Iterator[Database | None]:
    """Open the target database, creating it if missing; a dry run yields None instead."""
    with context.database_if_exists() if dry_run else context.database(create=True) as database:
        yield database


def _print(context: AdminContext, report: ImportReport, old: Path) -> None:
    if context.as_json:
        context.out.record(report)
    else:
        context.out.record({name: value for name, value in as_row(report).items() if name not in _LISTS})
        context.out.table(report.refused, "No row was rejected.")
        for author, nick in report.renamed.items():
            context.out.note(f"The author “{author}” is shown as {nick}.")
    if report.dry_run:
        context.out.note("Dry run: nothing was changed.")
    else:
        context.out.note(
            f"Passwords are stored as Argon2id hashes now, but {old} still holds them in clear text. "
            "Delete it and its copies when you no longer need them."
        )


_LISTS = ("refused", "renamed")
