"""chat-admin history: show, search and export messages."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.cli.admin import times
from app.cli.admin.atomic_file import open_atomically
from app.cli.admin.command_declaration import command, new_noun
from app.cli.admin.context import AdminContext
from app.cli.admin.limits import Limit
from app.cli.admin.progress import count_items, show_progress
from app.db.database import Database
from app.errors import NotFound, UsageError
from app.services import audit
from app.services.export import FORMATS, ExportInfo
from app.services.export.data import as_mapping
from app.services.export.plain import format_timed_line
from app.services.history import History, HistoryEntry, HistorySelection, is_known_name
from app.services.rooms import get_room
from app.wire.names import fold

app = new_noun("history", "Show, search and export message history.")

FormatName = StrEnum("FormatName", {name.upper(): name for name in FORMATS})  # type: ignore[misc]

Rooms = Annotated[
    list[str] | None,
    typer.Option("--room", "-r", metavar="ROOM", help="Only this room. Can be repeated."),
]
User = Annotated[
    str | None, typer.Option("--user", metavar="NAME", help="Only messages of this nick or account.")
]
Events = Annotated[
    bool,
    typer.Option("--events/--no-events", help="Include joins, parts, topics and modes."),
]
Direct = Annotated[
    bool, typer.Option("--direct", help="Include private conversations. This is recorded in the audit log.")
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar="FILE", help="Write to FILE, readable only by you. Default: standard output."
    ),
]


@command(app, "show")
def show(
    context: AdminContext,
    room: Annotated[
        str | None, typer.Argument(metavar="ROOM", help="Room to show. Default: all rooms.")
    ] = None,
    limit: Limit = 50,
    user: User = None,
    since: times.Since = None,
    until: times.Until = None,
    events: Events = False,
) -> None:
    """Show the latest messages of a room, or of all rooms."""
    with context.database() as database:
        selection = _selection(context, database, [room] if room else None, user, since, until, events, False)
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
        selection = _selection(context, database, rooms, user, since, until, False, direct)
        if direct:
            _audit_access(context, database, "history.search", user, rooms)
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


def _audit_access(
    context: AdminContext, database: Database, action: str, user: str | None, rooms: list[str] | None
) -> None:
    """Record access to private conversations in the audit log."""
    entry = audit.make_audit_row(context.clock, context.actor, action, user or "", rooms=rooms, direct=True)
    audit.append_now(database, entry)


@command(app, "export")
def export(
    context: AdminContext,
    form: Annotated[
        FormatName | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help=f"{', '.join(FORMATS)}. Default: from the extension of FILE, else jsonl.",
        ),
    ] = None,
    rooms: Rooms = None,
    user: User = None,
    since: times.Since = None,
    until: times.Until = None,
    events: Events = False,
    direct: Direct = False,
    out: Out = None,
) -> None:
    """Export history as jsonl, json or csv for programs, or as txt, md or html for reading.

    --json is short for --format json. With --out, it prints the number of lines instead.
    """
    with context.database() as database:
        _refuse_overwriting(database, out)
        format_name = _choose_format(context, form, out)
        selection = _selection(context, database, rooms, user, since, until, events, direct)
        if direct:
            _audit_access(context, database, "history.export", user, rooms)
        count = _write(context, History(database, selection), format_name, out)
    if out is not None:
        sentence = f"Wrote {count} lines to {out}."
        context.out.done(sentence, file=str(out), lines=count) if context.as_json else context.out.note(
            sentence
        )


def _write(context: AdminContext, history: History, form: str, out: Path | None) -> int:
    """Write history line by line as it is read, and return the number of lines."""
    format_ = FORMATS[form]
    about = ExportInfo(context.settings.servername, context.clock.now())
    count = 0

    def lines() -> Iterator[HistoryEntry]:
        nonlocal count
        for entry in history.entries(format_.by_room):
            count += 1
            yield entry

    with open_atomically(out) as file, show_progress("Exporting", history.count) as advance:
        for piece in format_.write(count_items(lines(), advance), about):
            file.write(piece)
    return count


def _choose_format(context: AdminContext, form: FormatName | None, out: Path | None) -> str:
    """Return the format chosen with --format, the file extension or, failing both, --json.

    Raises: UsageError if the extension is that of no format or of another one.
    """
    extension = "" if out is None else out.suffix.lstrip(".").lower()
    if form is not None:
        if extension in FORMATS and extension != form:
            raise UsageError(f"The file name {out} does not fit --format {form}; change one of them.")
        return form
    if extension and extension not in FORMATS:
        raise UsageError(
            f"{out} does not have the extension of an export format. The formats are "
            f"{', '.join(FORMATS)}; choose one with --format or the file extension."
        )
    return extension or ("json" if context.as_json else "jsonl")


def _selection(
    context: AdminContext,
    database: Database,
    rooms: list[str] | None,
    user: str | None,
    since: str | None,
    until: str | None,
    events: bool,
    direct: bool,
) -> HistorySelection:
    """Return the selection that the options describe.

    Raises: NotFound for an unknown room or name; UsageError for contradictory times.
    """
    first, last = times.since(since, context.clock.now()), times.until(until, context.clock.now())
    if first is not None and last is not None and first > last:
        raise UsageError("--since is later than --until.")
    with database.reading() as session:
        ids = tuple(dict.fromkeys(get_room(session, room).id for room in rooms)) if rooms else None
        _refuse_unknown(session, user)
    return HistorySelection(ids, None if user is None else fold(user), first, last, events, direct)


def _refuse_unknown(session: Session, user: str | None) -> None:
    if user is not None and not is_known_name(session, user):
        raise NotFound(f"There is no account or message author named {user}.")


def _refuse_overwriting(database: Database, out: Path | None) -> None:
    """Raise UsageError if the output file is the database itself."""
    file = Path(database.url.database or "")
    if out is not None and out.exists() and file.exists() and out.samefile(file):
        raise UsageError(f"{out} is the database itself; choose another file.")
