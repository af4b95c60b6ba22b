"""chat-admin user delete."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.admin.atomic_file import open_atomically, open_reserved
from app.cli.admin.command_declaration import Yes
from app.cli.admin.commands.accounts.arguments import Name
from app.cli.admin.context import AdminContext
from app.cli.admin.erasure import complete_erasure, explain_not_purged
from app.cli.admin.prompts import confirm
from app.db.database import Database
from app.errors import ChatError
from app.services.erasure import accounts
from app.services.erasure.preview import ErasedRows, preview_erasure
from app.services.erasure.receipt import count_receipt_bytes, find_receipt, get_account_receipt
from app.services.erasure.subject import Messages
from app.services.users.people import get_person
from app.text.counts import count_of

CONSEQUENCES = {  # what becomes of messages in rooms
    Messages.KEEP: "stay under its name",
    Messages.ANONYMISE: "stay under a pseudonym",
    Messages.ERASE: "are erased as well",
}


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
    with context.database() as database:
        name, rows = _preview(database, name, messages)
        if dry_run:
            context.out.table(rows, f"Nothing of {name} is stored.")
            return
        confirm(
            f"Delete the account {name} permanently? Its messages in rooms {CONSEQUENCES[messages]}.", yes
        )
        found = _delete_with_receipt(context, database, name, messages, receipt)
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


def _delete_with_receipt(
    context: AdminContext, database: Database, name: str, messages: Messages, receipt: Path | None
) -> dict[str, Any]:
    """Delete an account, write the receipt, and return it.

    The file gets its space first, so nothing is deleted if that is impossible.
    """
    found: dict[str, Any] = {}
    try:
        with _open_receipt(database, receipt) as write:
            found = {"account": name, **_delete(context, database, name, messages)}
            write(_format(found))
    except OSError as error:
        if not found:
            raise
        raise ChatError(
            f"{name} was deleted, but the receipt could not be written to {receipt} ({error.strerror}); "
            f"`chat-admin user receipt {found['pseudonym']}` shows it."
        ) from error
    return found


def _format(receipt: dict[str, Any]) -> str:
    return json.dumps(receipt, ensure_ascii=False, indent=2) + "\n"


def _open_receipt(
    database: Database, receipt: Path | None
) -> AbstractContextManager[Callable[[str], object]]:
    if receipt is None:
        return nullcontext(len)
    with database.reading() as session:
        return open_reserved(receipt, count_receipt_bytes(session))


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
        raise ChatError(
            f"{name} was deleted, but its erasure is not complete. {explain_not_purged(database)}"
        )
    return found


def receipt(
    context: AdminContext,
    pseudonym: Annotated[
        str, typer.Argument(metavar="PSEUDONYM", help="The pseudonym, such as deleted-user-7f3a90c2.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write to FILE. Default: standard output."),
    ] = None,
) -> None:
    """Write the receipt of a deletion again, as JSON, without the name of the account."""
    with context.reading() as session:
        found = get_account_receipt(session, pseudonym)
    with open_atomically(out) as file:
        file.write(_format(found))
