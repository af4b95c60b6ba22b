"""Exports history as a stream of text in one of the `FORMATS`.

Formats for programs (jsonl, json, csv) keep the order of the log; formats for people (txt, md,
html) are grouped by room.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.services.export import data, pages, web
from app.services.export.about import ExportInfo
from app.services.history import HistoryEntry

Write = Callable[[Iterable[HistoryEntry], ExportInfo], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Format:
    """An export format. With `by_room`, entries are grouped by room or private conversation."""

    write: Write
    by_room: bool


FORMATS = {
    "jsonl": Format(data.write_jsonl, by_room=False),
    "json": Format(data.write_json, by_room=False),
    "csv": Format(data.write_csv, by_room=False),
    "md": Format(pages.write_markdown, by_room=True),
    "html": Format(web.write_html, by_room=True),
    "txt": Format(pages.write_text, by_room=True),
}

__all__ = ["FORMATS", "ExportInfo", "Format"]
