"""chat-admin backup: create, verify, rehearse and restore backups."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from app.cli.admin.command_declaration import Yes, command, new_noun
from app.cli.admin.commands.database.backup_follow import follow
from app.cli.admin.context import AdminContext
from app.cli.admin.progress import show_share
from app.cli.admin.prompts import confirm
from app.cli.terminal import find_version
from app.db.database import Database
from app.errors import ChatError, CheckFailed, NotFound, StorageError
from app.services.backup.creation import NewBackup, create_backup
from app.services.backup.listing import list_backups
from app.services.backup.manifest import Manifest
from app.services.backup.naming import require_folder
from app.services.backup.pruning import delete_backups, find_old_backups
from app.services.backup.records import list_known_backups, record_backup, record_verification
from app.services.backup.restoring import Restore
from app.services.backup.verification import verify_backup
from app.text.counts import count_of

app = new_noun("backup", "Create, verify and restore backups.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


@command(app, "create")
def create(
    context: AdminContext,
    place: Annotated[
        Path,
        typer.Argument(metavar="DIR_OR_FILE", help="A new file, or a folder in which to name one by time."),
    ],
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep", metavar="N", min=1, help="Delete older backups in DIR, except the N newest sound ones."
        ),
    ] = None,
) -> None:
    """Create and verify a backup, also while the server runs.

    It is an SQLite file on which a server can start, with a manifest beside it. Exits with 3 if
    the database has problems; the backup has the same ones.
    """
    if keep is not None:
        require_folder(place)
    with context.database() as database:
        with show_share("Copying") as report:
            backup = create_backup(database, place, context.clock, find_version(), report)
        deleted = _record(context, database, backup, keep)
    _print_new(context, backup, place / backup.file.name if place.is_dir() else place, deleted)


def _record(context: AdminContext, database: Database, backup: NewBackup, keep: int | None) -> list[str]:
    """Record the new backup and which old ones go, delete those, and return their names.

    If the program is killed in between, the next backup deletes what is left.
    """
    try:
        old: Sequence[Path] = ()
        if keep and not backup.problems:
            old = find_old_backups(database, backup.file.parent, backup.manifest.database, keep)
        with database.translated_errors():
            record_backup(database, context.clock, context.actor, backup, old)
        delete_backups(old)
    except (OSError, StorageError) as error:
        reason = error.sentence if isinstance(error, StorageError) else f"{error.strerror}."
        raise ChatError(
            f"The backup {backup.file} is complete, but older ones could not be deleted, "
            f"or the backup not be recorded in the database: {reason}"
        ) from error
    return [file.name for file in old]


def _print_new(context: AdminContext, backup: NewBackup, shown: Path, deleted: list[str]) -> None:
    manifest = backup.manifest
    context.out.done(
        f"Wrote {shown}: {manifest.bytes} bytes, log position {manifest.position}"
        + (f"; deleted {len(deleted)} older." if deleted else "."),
        file=str(backup.file),
        position=manifest.position,
        bytes=manifest.bytes,
        sha256=manifest.sha256,
        deleted=deleted,
        problems=backup.problems,
    )
    if backup.problems:
        for problem in backup.problems:
            context.out.note(problem)
        raise CheckFailed(
            f"The database has {count_of(len(backup.problems), 'problem')}, and so has the backup. No backup was "
            "deleted."
        )


@command(app, "list")
def list_(
    context: AdminContext,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Backups in this folder. Default: those the database knows of."),
    ] = None,
) -> None:
    """List the backups in a folder, or those that were created from the database."""
    if folder is not None:
        if not folder.is_dir():
            raise NotFound(f"The folder {folder} does not exist.")
        context.out.table(list_backups(folder), f"There are no backups in {folder}.")
        return
    with context.reading() as session:
        known = list_known_backups(session)
    context.out.table(known, "No backup of this database is known.")


@command(app, "verify")
def verify(context: AdminContext, file: File) -> None:
    """Check a backup for damage. Exits with 3 if any is found."""
    report = verify_backup(file)
    if report.manifest is not None and not report.problems:
        _record_verification(context, report.manifest)
    context.out.table([{"problem": problem} for problem in report.problems], f"Found no problems in {file}.")
    if report.problems:
        raise CheckFailed(f"{file} has {count_of(len(report.problems), 'problem')}.")


def _record_verification(context: AdminContext, manifest: Manifest) -> None:
    """Record the success in the database, if there is one that knows the backup."""
    with suppress(ChatError), context.database_if_exists() as database:
        if database is not None:
            record_verification(database, manifest, context.clock.now())


@command(app, "rehearse")
def rehearse(context: AdminContext, file: File) -> None:
    """Rehearse a restore: start a server on a copy of the backup, and read from it as a client.

    Reports how long a restore would take. Exits with 3 if the server does not show what the backup
    contains.
    """
    from app.cli.admin.rehearsal.rehearsal import Rehearsal  # deferred: slow to import

    manifest = _require_sound(context, file)
    with show_share("Copying") as report:
        result = Rehearsal(file, manifest).run(report)
    context.out.record(result)
    if result.problems:
        raise CheckFailed(f"The rehearsal with {file} found {count_of(len(result.problems), 'problem')}.")


@command(app, "restore")
def restore(
    context: AdminContext,
    file: File,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="DB", help="SQLite file or PostgreSQL URL. Default: the database."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Set an existing database aside, under another name.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Change nothing; verify the backup, and show what would be done."),
    ] = False,
    yes: Yes = False,
) -> None:
    """Restore a backup into an empty database. Stop the server first."""
    manifest = _require_sound(context, file)
    with context.open_target(to) as target:
        restoring = Restore(file, manifest, target, context.clock, context.actor, replace)
        is_occupied, name = restoring.check(), str(target)
        if dry_run:
            _print_plan(context, file, name, is_occupied)
            return
        if is_occupied:
            confirm(f"Replace {name}? The old database is kept under another name.", yes)
        with show_share("Restoring") as report:
            restored = restoring.run(report)
    kept = f" The old database is now {restored.kept}." if restored.kept else ""
    indexing = "" if restored.is_indexed else " The server builds the search index in the background."
    context.out.done(
        f"Restored {name} from {file}: log position {restored.position}.{kept}{indexing}",
        database=name,
        file=str(file),
        position=restored.position,
        kept=restored.kept,
    )


def _require_sound(context: AdminContext, file: Path) -> Manifest:
    """Verify a backup that is to be restored, and return its manifest.

    Raises: CheckFailed.
    """
    report = verify_backup(file)
    if report.manifest is None or report.problems:
        for problem in report.problems:
            context.out.note(problem)
        raise CheckFailed(f"{file} has {count_of(len(report.problems), 'problem')}. Nothing was changed.")
    return report.manifest


def _print_plan(context: AdminContext, file: Path, name: str, is_occupied: bool) -> None:
    also = ", and the existing database would be kept under another name" if is_occupied else ""
    context.out.done(
        f"{file} has no problems. It would be restored to {name}{also}. Nothing was changed.",
        database=name,
        file=str(file),
        replaces=is_occupied,
    )


command(app, "follow")(follow)
