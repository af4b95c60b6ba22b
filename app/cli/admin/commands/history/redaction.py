"""chat-admin history redact."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from app.cli.admin import times
from app.cli.admin.command_declaration import Yes
from app.cli.admin.context import AdminContext
from app.cli.admin.erasure import explain_not_purged
from app.cli.admin.history_selection import Rooms, User, select_history
from app.cli.admin.progress import show_progress
from app.cli.admin.prompts import confirm, one_line
from app.clock import to_iso_or_none
from app.db.database import Database
from app.errors import ChatError, NotFound, UsageError
from app.events import parse_msgid
from app.services.erasure.purge import purge_files
from app.services.erasure.redaction import (
    MAX_SAMPLES,
    RedactionSelection,
    Redactor,
    count_messages,
    find_samples,
    redact_messages,
)
from app.text.counts import count_of


def redact(
    context: AdminContext,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="MSGID", help="Ids of the messages, from `history export`.")
    ] = None,
    rooms: Rooms = None,
    user: User = None,
    since: times.Since = None,
    until: times.Until = None,
    direct: Annotated[bool, typer.Option("--direct", help="Include private conversations.")] = False,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Reason shown to clients.")
    ] = "Removed by an administrator",
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Change nothing; show how many messages would be removed, and the first."
        ),
    ] = False,
    yes: Yes = False,
) -> None:
    """Remove messages: by their ids, or all that match the options.

    Clients that support redaction remove them from view.
    """
    reason = one_line(reason, "reason", context.settings.topic_length)
    with context.database() as database:
        wanted = select_history(context, database, rooms, user, since, until, False, direct)
        selection = RedactionSelection(
            _parse_ids(ids or []), user, wanted.rooms, wanted.since, wanted.until, direct
        )
        count = _show_or_count(context, database, selection, dry_run)
        if count:
            confirm(f"Remove {count_of(count, 'message')} permanently?", yes)
            _redact(context, database, selection, count, reason)


def _parse_ids(ids: Sequence[str]) -> tuple[int, ...]:
    """Return the log positions that message ids stand for.

    Raises: UsageError when one of them is not a message id.
    """
    try:
        return tuple(dict.fromkeys(map(parse_msgid, ids)))
    except ValueError as error:
        raise UsageError(f"Not a message id: {str(error).rpartition(' ')[2]}.") from error


def _show_or_count(
    context: AdminContext, database: Database, selection: RedactionSelection, dry_run: bool
) -> int:
    """Return the number of messages to redact; 0 if there are none, or they were only to be shown.

    Raises: UsageError when nothing is selected; NotFound when an id is not that of a message.
    """
    _require_selection(selection)
    with database.reading() as session:
        count, samples = count_messages(session, selection), find_samples(session, selection)
    if selection.ids and count < len(selection.ids):
        missing = len(selection.ids) - count
        raise NotFound(
            f"{missing} of the ids are not those of messages, or were redacted; nothing was changed."
        )
    if dry_run or not count:
        _show(context, count, samples)
        return 0
    return count


def _redact(
    context: AdminContext, database: Database, selection: RedactionSelection, count: int, reason: str
) -> None:
    """Redact the selected messages.

    Raises: ChatError if the files could not be purged.
    """
    redactor, details = Redactor(context.actor, context.by, reason), _details(selection, reason)
    with show_progress("Removing", lambda: count) as advance:
        redacted = redact_messages(database, context.clock, redactor, selection, details, advance)
    removed = count_of(redacted, "message")
    if not purge_files(database):
        raise ChatError(f"Removed {removed}. {explain_not_purged(database)}")
    context.out.done(f"Removed {removed}.", messages=redacted)


def _require_selection(selection: RedactionSelection) -> None:
    others = (selection.user, selection.rooms, selection.since, selection.until)
    is_filtered = any(value is not None for value in others)
    if bool(selection.ids) == is_filtered:
        raise UsageError("Give either message ids, or at least one of --room, --user, --since and --until.")


def _show(context: AdminContext, count: int, samples: list[dict[str, Any]]) -> None:
    if context.as_json:
        context.out.record({"messages": count, "samples": samples})
        return
    context.out.table(samples, "There are no such messages.")
    if count > MAX_SAMPLES:
        context.out.note(f"These are the first {MAX_SAMPLES} of {count} messages.")


def _details(selection: RedactionSelection, reason: str) -> dict[str, Any]:
    return {
        "since": to_iso_or_none(selection.since),
        "until": to_iso_or_none(selection.until),
        "direct": selection.direct or None,
        "reason": reason,
    }
