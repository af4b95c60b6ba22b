"""chat-admin import-legacy."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.cli.admin.desk import Desk
from app.cli.admin.output import as_row
from app.cli.admin.progress import bar
from app.db.database import Database
from app.db.legacy import OldDatabase
from app.services.legacy import Import, Report
from app.services.legacy.rows import Limits
from app.services.rooms import room_name


def import_legacy(
    desk: Desk,
    old: Annotated[Path, typer.Argument(metavar="OLD.db", help="Database of the program this one replaces.")],
    room: Annotated[
        str, typer.Option("--room", "-r", metavar="ROOM", help="Room that the messages go to.")
    ] = "#general",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be taken.")] = False,
) -> None:
    """Bring accounts and messages over from the program this one replaces.

    The old file is only read. What was taken before is not taken again, so this may be repeated.
    """
    room = room_name(room, desk.settings.room_length)
    with closing(OldDatabase(old)) as source, _target(desk, dry_run) as database:
        limits = Limits(desk.settings.nick_length, desk.settings.buffer, desk.clock.now())
        run = Import(source, database, desk.clock, room, limits, desk.actor, desk.by, dry_run)
        with bar("Importing", lambda: sum(source.count())) as advance:
            report = run.run(advance)
    _print(desk, report, old)


@contextmanager
def _target(desk: Desk, dry_run: bool) -> Iterator[Database | None]:
    """Hold the new database, made when missing; a rehearsal makes nothing."""
    with desk.glancing() if dry_run else desk.database(create=True) as database:
        yield database


def _print(desk: Desk, report: Report, old: Path) -> None:
    if desk.as_json:
        desk.out.record(report)
    else:
        desk.out.record({name: value for name, value in as_row(report).items() if name not in _LISTS})
        desk.out.table(report.refused, "Every row could be taken.")
        for author, nick in report.renamed.items():
            desk.out.note(f"The author “{author}” is shown as {nick}.")
    if report.dry_run:
        desk.out.note("Nothing was changed: this was a rehearsal.")
    else:
        desk.out.note(
            f"Passwords are kept as Argon2id hashes here; in clear they are still in {old}. "
            "Delete that file, and its copies, when you no longer need them."
        )


_LISTS = ("refused", "renamed")
