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
from app.services.history import HistoryEntry
from app.wire.formatting import clean

COLUMNS = ("msgid", "time", "room", "kind", "nick", "account", "target", "text")
_FORMULA_STARTS = frozenset("=+-@\t\r\n")


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
    }


def _object(entry: HistoryEntry) -> str:
    return json.dumps(as_mapping(entry), ensure_ascii=False)


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


def write_csv(entries: Iterable[HistoryEntry], about: ExportInfo) -> Iterator[str]:
    """Yield the entries as CSV with a header row (RFC 4180)."""
    yield _row(COLUMNS)
    for entry in entries:
        values = {**as_mapping(entry), "text": _plain_text(entry)}
        yield _row([_without_formula(values[name] or "") for name in COLUMNS])


def _plain_text(entry: HistoryEntry) -> str:
    action = find_action(entry)
    return clean(entry.text) if action is None else f"/me {action}"


def _without_formula(cell: str) -> str:
    return f"'{cell}" if unicodedata.normalize("NFKC", cell[:1]) in _FORMULA_STARTS else cell


def _row(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
