"""chat-admin history export --proof: write history that others can verify."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.cli.admin.atomic_file import open_atomically
from app.cli.admin.context import AdminContext
from app.cli.admin.progress import count_items, show_progress
from app.db.database import Database
from app.errors import UsageError
from app.events import parse_msgid
from app.services.export import ExportInfo
from app.services.export.proof import ProofWriter
from app.services.history.history import History
from app.services.history.selection import HistorySelection
from app.text.counts import count_of

Proof = Annotated[
    bool,
    typer.Option("--proof", help="Write a proof that the messages are genuine, which others can verify."),
]


def check_proof(form: str | None, format_name: str, since_id: str | None) -> None:
    """Check that the other options allow a proof.

    Raises: UsageError.
    """
    if since_id is not None:
        raise UsageError("A proof cannot be continued: it leads to the end of the log. Leave out --since-id.")
    if format_name != "jsonl" and not (form is None and format_name == "json"):
        raise UsageError("A proof has a format of its own, of JSON lines; name the file with .jsonl.")


def write_proof(
    context: AdminContext, database: Database, selection: HistorySelection, out: Path | None
) -> None:
    """Write a proof in the order of the log, and print the digest to which it leads."""
    history = History(database, replace(selection, after=0))
    about = ExportInfo(context.settings.servername, context.clock.now())
    with open_atomically(out) as file, show_progress("Exporting", history.count) as advance:
        ids = (parse_msgid(entry.id) for entry in count_items(history.entries(), advance))
        writer = ProofWriter(database, ids, history.end)
        for line in writer.write(about, selection.rooms):
            file.write(line)
    digest = f"{writer.position.last_id}:{writer.position.digest.hex()}"
    if context.as_json and out is not None:
        context.out.done("", file=str(out), events=writer.count, digest=digest)
        return
    context.out.note(
        f"Wrote a proof of {count_of(writer.count, 'event')}{'' if out is None else f' to {out}'}. "
        "It leads to the digest"
    )
    context.out.note(digest)
