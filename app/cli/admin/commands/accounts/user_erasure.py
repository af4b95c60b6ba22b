"""chat-admin user delete, user rename, user export."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from app.atomic_write import replacing
from app.cli.admin.atomic_file import open_atomically, require_parent_folder
from app.cli.admin.command_declaration import Yes
from app.cli.admin.completion import complete_accounts
from app.cli.admin.context import AdminContext
from app.cli.admin.progress import show_progress
from app.cli.admin.prompts import confirm
from app.db.database import Database
from app.errors import ChatError
from app.services.accounts import renaming
from app.services.administration import audit
from app.services.erasure import accounts, purge
from app.services.erasure.preview import ErasedRows, preview_erasure
from app.services.erasure.receipt import find_receipt
from app.services.erasure.subject import Messages
from app.services.export import ExportInfo
from app.services.user_export.archive import write_archive
from app.services.users.people import get_person
from app.text.counts import count_of

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the account.", autocompletion=complete_accounts)
]
FATES = {  # what becomes of messages in rooms
    Messages.KEEP: "stay under its name",
    Messages.ANONYMISE: "stay under a pseudonym",
    Messages.ERASE: "are erased as well",
}
NOT_PURGED = (
    "Another program reads the database, so the write-ahead log still contains what was erased. A running "
    "server removes it later; otherwise run `chat-admin db purge`."
)


def delete(
    context: AdminContext,
    name: Name,
    messages: Annotated[
        Messages,
        typer.Option(
            "--messages",
            metavar="CHOICE",
            help="Messages in rooms: keep, anonymise (under a pseudonym) or erase.",
        ),
    ] = Messages.KEEP,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; show how many rows would be erased.")
    ] = False,
    receipt: Annotated[
        Path | None,
        typer.Option("--receipt", metavar="FILE", help="Write to FILE, as JSON, what was erased."),
    ] = None,
    yes: Yes = False,
) -> None:
    """Delete an account and erase what it left: messages, conversations, addresses, metadata.

    Its private conversations are erased in any case.
    """
    require_parent_folder(receipt)
    with context.database() as database:
        name, rows = _preview(database, name, messages)
        if dry_run:
            context.out.table(rows, f"Nothing of {name} is stored.")
            return
        confirm(f"Delete the account {name} permanently? Its messages in rooms {FATES[messages]}.", yes)
        found = {"account": name, **_delete(context, database, name, messages)}
    if receipt is not None:
        with open_atomically(receipt) as file:
            file.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    erased = sum(row["rows"] for row in found["rows"])
    context.out.done(
        f"Deleted {name}: {count_of(erased, 'row')} removed or changed.{_outcome(messages, found)}", **found
    )


def _outcome(messages: Messages, receipt: dict[str, Any]) -> str:
    """Return a sentence about the messages in rooms, after a space."""
    if messages is Messages.ERASE:
        return ""
    author = "its name" if messages is Messages.KEEP else str(receipt["pseudonym"])
    return f" Its messages in rooms stay under {author}."


def _preview(database: Database, name: str, messages: Messages) -> tuple[str, list[ErasedRows]]:
    """Return the account's name as it was registered, and what would be erased.

    Raises: NotFound.
    """
    with database.reading() as session:
        return get_person(session, name).name, preview_erasure(session, name, messages)


def _delete(context: AdminContext, database: Database, name: str, messages: Messages) -> dict[str, Any]:
    """Delete an account and erase what it left; return the receipt.

    Raises: ChatError if the files could not be purged.
    """
    pseudonym, days = accounts.new_pseudonym(context.clock), context.settings.name_reservation_days
    change = context.record(
        database, lambda admin: accounts.delete_account(admin, name, messages, days, pseudonym)
    )
    erasure = change.events[-1].id
    complete_erasure(context, database, erasure)
    with database.reading() as session:
        found = find_receipt(session, erasure)
    if found is None:
        raise ChatError(f"{name} was deleted, but its erasure is not complete. {NOT_PURGED}")
    return found


def complete_erasure(context: AdminContext, database: Database, erasure: int) -> None:
    """Complete an erasure, with a progress bar.

    Raises: ChatError if the files could not be purged.
    """
    with show_progress("Erasing", lambda: purge.count_positions(database, erasure)) as advance:
        is_purged = purge.complete_erasure(database, context.clock, erasure, advance)
    if not is_purged:
        raise ChatError(f"The rows were erased. {NOT_PURGED}")


def rename(
    context: AdminContext,
    name: Annotated[
        str, typer.Argument(metavar="OLD", help="Name of the account.", autocompletion=complete_accounts)
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new name.")],
) -> None:
    """Rename an account. Its users stay online; its messages and conversations remain its own.

    Nobody else may use the old name for a time (setting `name_reservation_days`).
    """
    settings = context.settings
    changed = context.change(
        lambda admin: renaming.rename_user(
            admin, name, new, settings.nick_length, settings.name_reservation_days
        )
    )
    with context.reading() as session:
        new = get_person(session, new).name
    sentence = f"Renamed {name} to {new}." if changed else f"The account is already named {new}."
    context.out.done(sentence, account=name, name=new, changed=changed)


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
        audit.append_now(database, audit.make_audit_row(context.clock, context.actor, "user.export", name))
        path = out or Path(f"{name}.zip")
        about = ExportInfo(context.settings.servername, context.clock.now())
        with replacing(path.resolve()) as temporary:
            count = write_archive(database, name, about, temporary)
    context.out.done(
        f"Wrote {count_of(count, 'message')} and all other data of {name} to {path}.",
        file=str(path),
        messages=count,
    )
