"""chat-admin history export: write history to a file, or continue one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import typer

from app.cli.admin import times
from app.cli.admin.atomic_file import (
    continue_atomically,
    extend_atomically,
    is_stream,
    open_atomically,
    replace_atomically,
)
from app.cli.admin.commands.history.history_proof import Proof, check_proof, write_proof
from app.cli.admin.context import AdminContext
from app.cli.admin.history_selection import Direct, Events, Rooms, User, audit_access, select_history
from app.cli.admin.progress import count_items, show_progress
from app.db.database import Database
from app.db.sqlite import history_file
from app.errors import NotFound, UsageError
from app.events import msgid, parse_msgid
from app.services.export import FORMAT_NAMES, FORMATS, SQLITE, ExportInfo, Format
from app.services.export.database import find_redacted, write_entries
from app.services.history.entry import HistoryEntry
from app.services.history.history import History

FormatName = StrEnum("FormatName", {name.upper(): name for name in FORMAT_NAMES})  # type: ignore[misc]

Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar="FILE", help="Write to FILE, readable only by you. Default: standard output."
    ),
]
SinceId = Annotated[
    str | None,
    typer.Option("--since-id", metavar="MSGID", help="Only what is newer than MSGID, the end of an export."),
]
Append = Annotated[
    bool, typer.Option("--append", help="Add to FILE, which an earlier export wrote. Requires --since-id.")
]


def export(
    context: AdminContext,
    form: Annotated[
        FormatName | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help=f"{', '.join(FORMAT_NAMES)}. Default: from the extension of FILE, else jsonl.",
        ),
    ] = None,
    rooms: Rooms = None,
    user: User = None,
    since: times.Since = None,
    until: times.Until = None,
    since_id: SinceId = None,
    events: Events = False,
    direct: Direct = False,
    out: Out = None,
    append: Append = False,
    proof: Proof = False,
) -> None:
    """Export history for programs (jsonl, json, csv, mbox, sqlite) or for reading (txt, md, html).

    --json is short for --format json. With --out, it prints the number of lines instead.
    """
    with context.database() as database:
        _refuse_overwriting(database, out)
        format_name = _choose_format(context, form, out)
        _check_continuation(format_name, since_id, append)
        if proof:
            check_proof(None if form is None else form.value, format_name, since_id)
        selection = select_history(context, database, rooms, user, since, until, events, direct)
        history = History(database, replace(selection, after=_parse_position(since_id)))
        _check_position(database, history, since_id)
        if direct:
            audit_access(context, database, "history.export", user, rooms)
        if proof:
            write_proof(context, database, selection, out)
            return
        count = _write(context, database, history, format_name, since_id, out, append)
    _report(context, count, history, since_id, out)


def _write(
    context: AdminContext,
    database: Database,
    history: History,
    format_name: str,
    since_id: str | None,
    out: Path | None,
    append: bool,
) -> int:
    """Write the entries and return their number; without anything new, leave the file alone."""
    continues = append and (out is None or (out.exists() and out.stat().st_size > 0))
    entries = history.entries(format_name in FORMATS and FORMATS[format_name].by_room)
    first = list(islice(entries, 1))
    after = _parse_position(since_id)
    redacted = (
        find_redacted(database, after, history.end)
        if after is not None and continues and format_name == SQLITE
        else []
    )
    if after is not None and not first and not redacted:
        return 0
    export = _Export(context, history, format_name, out, continues)
    export.write(chain(first, entries), redacted)
    return export.count


class _Export:
    """The export of a selection to standard output or a file."""

    def __init__(
        self, context: AdminContext, history: History, format_name: str, out: Path | None, continues: bool
    ) -> None:
        self._history = history
        self._format_name = format_name
        self._out = out
        self._continues = continues
        self._about = ExportInfo(context.settings.servername, context.clock.now())
        self.count = 0

    def write(self, entries: Iterable[HistoryEntry], redacted: Sequence[int]) -> None:
        """Write or add the entries; from an existing SQLite file, remove redacted ones."""
        with show_progress("Exporting", self._history.count) as advance:
            counted = count_items(self._counted(entries), advance)
            if self._format_name == SQLITE:
                self._write_database(counted, redacted)
            else:
                self._write_text(counted, FORMATS[self._format_name])

    def _counted(self, entries: Iterable[HistoryEntry]) -> Iterator[HistoryEntry]:
        for entry in entries:
            self.count += 1
            yield entry

    def _write_text(self, entries: Iterable[HistoryEntry], format_: Format) -> None:
        open_file, write = (
            (continue_atomically, format_.entries) if self._continues else (open_atomically, format_.write)
        )
        with open_file(self._out) as file:
            for piece in write(entries, self._about):
                file.write(piece)

    def _write_database(self, entries: Iterable[HistoryEntry], redacted: Sequence[int]) -> None:
        """Write an SQLite file, or a copy of an existing one with the entries added.

        Raises: UsageError without a file.
        """
        if self._out is None or is_stream(self._out):
            raise UsageError("An SQLite file cannot be written to a stream; name a file with --out FILE.")
        replace_file, open_file = (
            (extend_atomically, history_file.extend)
            if self._continues
            else (replace_atomically, history_file.create)
        )
        with replace_file(self._out) as temporary, open_file(temporary) as file:
            file.remove(redacted)
            write_entries(file, entries, self._about, self._history.end)


def _report(
    context: AdminContext, count: int, history: History, since_id: str | None, out: Path | None
) -> None:
    """Print what was written to a file, and where to continue."""
    if out is None and since_id is None:
        return
    end = msgid(history.end)
    if context.as_json and out is not None:
        context.out.done("", file=str(out), lines=count, last_id=end)
        return
    lines = "1 line" if count == 1 else f"{count} lines"
    written = f"Wrote {lines}{'' if out is None else f' to {out}'}."
    context.out.note(written if count or since_id is None else f"There is nothing newer than {since_id}.")
    context.out.note(f"To continue later: --since-id {end}")


def _parse_position(since_id: str | None) -> int | None:
    """Return the log position of a message id.

    Raises: UsageError if it is malformed.
    """
    try:
        return None if since_id is None else parse_msgid(since_id)
    except ValueError as error:
        raise UsageError(f"{since_id} is not a message id; exports show ids as msgid.") from error


def _check_position(database: Database, history: History, since_id: str | None) -> None:
    """Check that the database contains the position.

    Raises: NotFound.
    """
    if (_parse_position(since_id) or 0) > history.end:
        raise NotFound(
            f"There is no message {since_id} in {database}, which ends at {msgid(history.end)}: "
            "it belongs to another database."
        )


def _check_continuation(format_name: str, since_id: str | None, append: bool) -> None:
    """Check that the options continue an export.

    Raises: UsageError.
    """
    if append and since_id is None:
        raise UsageError("--append requires --since-id MSGID, which the earlier export printed at its end.")
    if append and format_name in FORMATS and not FORMATS[format_name].continues:
        raise UsageError(
            f"A {format_name} file cannot be continued; write a new file, or choose jsonl, csv, mbox, sqlite, "
            "txt or md."
        )


def _choose_format(context: AdminContext, form: FormatName | None, out: Path | None) -> str:
    """Return the format chosen with --format, the file extension or, failing both, --json.

    Raises: UsageError if the extension is that of no format or of another one.
    """
    extension = "" if out is None else out.suffix.lstrip(".").lower()
    if form is not None:
        if extension in FORMAT_NAMES and extension != form:
            raise UsageError(f"The file name {out} does not fit --format {form}; change one of them.")
        return form
    if extension and extension not in FORMAT_NAMES:
        raise UsageError(
            f"{out} does not have the extension of an export format. The formats are "
            f"{', '.join(FORMAT_NAMES)}; choose one with --format or the file extension."
        )
    return extension or ("json" if context.as_json else "jsonl")


def _refuse_overwriting(database: Database, out: Path | None) -> None:
    """Raise UsageError if the output file is the database itself."""
    file = Path(database.url.database or "")
    if out is not None and out.exists() and file.exists() and out.samefile(file):
        raise UsageError(f"{out} is the database itself; choose another file.")
