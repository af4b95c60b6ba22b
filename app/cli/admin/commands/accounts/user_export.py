"""chat-admin user export."""

from pathlib import Path
from typing import Annotated

import typer

from app.atomic_write import replacing
from app.cli.admin.atomic_file import require_parent_folder
from app.cli.admin.commands.accounts.arguments import Name
from app.cli.admin.context import AdminContext
from app.services.administration import audit
from app.services.export import ExportInfo
from app.services.user_export.archive import write_archive
from app.services.users.people import get_person
from app.text.counts import count_of


def export(
    context: AdminContext,
    name: Name,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="ZIP file to write. Default: NAME.zip."),
    ] = None,
) -> None:
    """Export everything that is stored of an account: a ZIP archive with JSON and a page to read.

    It contains the private conversations, which the audit log records.
    """
    require_parent_folder(out)
    with context.database() as database:
        with database.reading() as session:
            name = get_person(session, name).name
        path = out or Path(f"{name}.zip")
        about = ExportInfo(context.settings.servername, context.clock.now())
        with replacing(path.resolve()) as temporary:
            count = write_archive(database, name, about, temporary)
            entry = audit.make_audit_row(context.clock, context.actor, "user.export", name)
            audit.append_now(database, entry)  # before the file has its name: no archive without it
    context.out.done(
        f"Wrote {count_of(count, 'message')} and all other data of {name} to {path}.",
        file=str(path),
        messages=count,
    )
