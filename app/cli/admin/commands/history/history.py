"""chat-admin history: show, search, export and verify messages."""

from typing import Annotated

import typer

from app.cli.admin import times
from app.cli.admin.command_declaration import command, new_noun
from app.cli.admin.commands.history.history_export import export
from app.cli.admin.commands.history.history_verify import verify
from app.cli.admin.commands.history.redaction import redact
from app.cli.admin.completion import complete_rooms
from app.cli.admin.context import AdminContext
from app.cli.admin.history_selection import Direct, Events, Rooms, User, audit_access, select_history
from app.cli.admin.limits import Limit
from app.services.export.data import as_mapping
from app.services.export.plain import format_timed_line
from app.services.history.entry import HistoryEntry
from app.services.history.history import History

app = new_noun("history", "Show, search, export and verify message history.")


@command(app, "show")
def show(
    context: AdminContext,
    room: Annotated[
        str | None,
        typer.Argument(
            metavar="ROOM", help="Room to show. Default: all rooms.", autocompletion=complete_rooms
        ),
    ] = None,
    limit: Limit = 50,
    user: User = None,
    since: times.Since = None,
    until: times.Until = None,
    events: Events = False,
) -> None:
    """Show the latest messages of a room, or of all rooms."""
    with context.database() as database:
        selection = select_history(
            context, database, [room] if room else None, user, since, until, events, False
        )
        found = History(database, selection).latest(limit)
    _print(context, found, with_headings=room is None)


@command(app, "search")
def search(
    context: AdminContext,
    words: Annotated[
        list[str], typer.Argument(metavar="WORD", help="Words that must all occur (case-insensitive).")
    ],
    limit: Limit = 50,
    rooms: Rooms = None,
    user: User = None,
    since: times.Since = None,
    until: times.Until = None,
    direct: Direct = False,
) -> None:
    """Show the latest messages that contain all words, including as parts of longer words."""
    with context.database() as database:
        selection = select_history(context, database, rooms, user, since, until, False, direct)
        if direct:
            audit_access(context, database, "history.search", user, rooms)
        found = History(database, selection).search(" ".join(words), limit)
    _print(context, found, with_headings=True)


def _print(context: AdminContext, found: list[HistoryEntry], with_headings: bool) -> None:
    """Print history entries, each preceded by its heading if requested."""
    if context.as_json:
        context.out.table([as_mapping(entry) for entry in found], "")
        return
    if not found:
        context.out.note("No matching messages.")
    for entry in found:
        context.out.line(
            f"{entry.heading} {format_timed_line(entry)}" if with_headings else format_timed_line(entry)
        )


command(app, "export")(export)
command(app, "redact")(redact)
command(app, "verify")(verify)
