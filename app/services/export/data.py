"""Export formats for programs: JSON Lines, JSON and CSV.

Spreadsheets interpret a CSV cell that begins with `=`, `+`, `-` or `@` as a formula, also in the
full-width and small forms of East Asian text, so such a cell is prefixed with an apostrophe (OWASP,
"CSV Injection"). CSV also omits the formatting of messages; JSON keeps every
character.
"""

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator

from app.clock import to_iso
from app.services.export.about import ExportInfo
from app.services.export.plain import find_action
from app.services.history.entry import HistoryEntry
from app.text.sanitise import clean, escape_hidden

COLUMNS = ("msgid", "time", "room", "kind", "nick", "account", "target", "text", "reply_to")
_FORMULA_STARTS = frozenset("=+-@")


def as_mapping(entry: HistoryEntry) -> dict[str, str | None]:
    """Return the values of an entry by column name."""
    return {
        "msgid": entry.id,
        "time": to_iso(entry.at),
        "room": entry.room,
        "kind": entry.kind.value,
        "nick": entry.nick,
        "account": entry.account,
        "target": entry.target,
        "text": entry.text,
        "reply_to": entry.reply_to,
    }


def _object(entry: HistoryEntry) -> str:
    return escape_hidden(json.dumps(as_mapping(entry), ensure_ascii=False))


def write_jsonl(entries: Iterable[HistoryEntry], about: ExportInfo) -> Iterator[str]:
    """Yield the entries as JSON objects, one per line."""
    for entry in entries:
        yield f"{_object(entry)}\n"


def write_json(entries: Iterable[HistoryEntry], about: ExportInfo) -> Iterator[str]:
    """Yield the entries as one JSON array."""
    separator = "[\n"
    for entry in entries:
        yield f"{separator}{_object(entry)}"
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def write_header_row(about: ExportInfo) -> Iterator[str]:
    """Yield the header row of a CSV document."""
    yield _row(COLUMNS)


def write_rows(entries: Iterable[HistoryEntry], about: ExportInfo) -> Iterator[str]:
    """Yield the entries as rows of a CSV document (RFC 4180)."""
    for entry in entries:
        values = {**as_mapping(entry), "text": _plain_text(entry)}
        yield _row([_without_formula(clean(values[name] or "")) for name in COLUMNS])


def _plain_text(entry: HistoryEntry) -> str:
    action = find_action(entry)
    return entry.text if action is None else f"/me {action}"


def _without_formula(cell: str) -> str:
    start = unicodedata.normalize("NFKC", cell.lstrip()[:1])  # some spreadsheets skip leading spaces
    return f"'{cell}" if start in _FORMULA_STARTS else cell


def _row(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
