"""chat-admin import-legacy."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.cli.admin.context import AdminContext
from app.cli.admin.output import as_row
from app.cli.admin.progress import bar
from app.db.database import Database
from app.db.legacy import LegacyDatabase
from app.services.legacy import ImportReport, LegacyImport
from app.services.legacy.rows import ImportLimits
from app.services.rooms import check_room_name


def import_legacy(
    context: AdminContext,
    old: Annotated[Path, typer.Argument(metavar="OLD.db", help="Database of the program this one replaces.")],
    room: Annotated[
        str, typer.Option("--room", "-r", metavar="ROOM", help="Room that the messages go to.")
    ] = "#general",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be taken.")] = False,
) -> None:
    """Bring accounts and messages over from the program this one replaces.

    The old file is only read. What was taken before is not taken again, so this may be repeated.
    """
    room = check_room_name(room, context.settings.room_length)
    with closing(LegacyDatabase(old)) as source, _target(context, dry_run) as database:
        limits = ImportLimits(context.settings.nick_length, context.settings.buffer, context.clock.now())
        run = LegacyImport(source, database, context.clock, room, limits, context.actor, context.by, dry_run)
        with bar("Importing", lambda: sum(source.count())) as advance:
            report = run.run(advance)
    _print(context, report, old)


@contextmanager
def _target(context: AdminContext, dry_run: bool) -> Iterator[Database | None]:
    """Hold the new database, made when missing; a rehearsal makes nothing."""
    with context.glancing() if dry_run else context.database(create=True) as database:
        yield database


def _print(context: AdminContext, report: ImportReport, old: Path) -> None:
    if context.as_json:
        context.out.record(report)
    else:
        context.out.record({name: value for name, value in as_row(report).items() if name not in _LISTS})
        context.out.table(report.refused, "Every row could be taken.")
        for author, nick in report.renamed.items():
            context.out.note(f"The author “{author}” is shown as {nick}.")
    if report.dry_run:
        context.out.note("Nothing was changed: this was a rehearsal.")
    else:
        context.out.note(
            f"Passwords are kept as Argon2id hashes here; in clear they are still in {old}. "
            "Delete that file, and its copies, when you no longer need them."
        )


_LISTS = ("refused", "renamed")
