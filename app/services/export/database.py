"""Exports history as an SQLite file."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select

from app.clock import to_iso
from app.db.database import Database
from app.db.models import EventRow
from app.db.sqlite.history_file import COLUMNS, ExportDatabase, Row
from app.events import Kind, msgid, parse_msgid
from app.events.data import RedactedData, from_json
from app.services.export.about import ExportInfo
from app.services.export.data import as_mapping
from app.services.history.entry import HistoryEntry


def write_entries(file: ExportDatabase, entries: Iterable[HistoryEntry], about: ExportInfo, end: int) -> None:
    """Add the entries, and note up to which log position the file is complete."""
    file.add(_rows(entries))
    file.set_info({"server": about.servername, "exported": to_iso(about.made), "last_id": msgid(end)})


def _rows(entries: Iterable[HistoryEntry]) -> Iterator[Row]:
    for entry in entries:
        values = {"id": parse_msgid(entry.id), **as_mapping(entry)}
        yield tuple(values[column] for column in COLUMNS)


def find_redacted(database: Database, after: int, end: int) -> list[int]:
    """Return the log positions of the messages that were redacted between two log positions."""
    query = select(EventRow.data).where(EventRow.id > after, EventRow.id + 0 <= end)
    query = query.where(EventRow.kind == Kind.REDACTED.value)
    with database.reading() as session:
        redactions = [from_json(Kind.REDACTED, data) for data in session.scalars(query)]
    return [data.event for data in redactions if isinstance(data, RedactedData)]
