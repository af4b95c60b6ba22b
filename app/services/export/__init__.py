"""Exports: history as a stream of text, in one of the formats of `FORMATS`.

Formats for programs (jsonl, json, csv) keep the order of the log; those for people (txt, md, html) tell one
room after the other. Nothing here knows where the text goes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.services.export import data, pages, web
from app.services.export.about import ExportInfo
from app.services.history import HistoryEntry

Write = Callable[[Iterable[HistoryEntry], ExportInfo], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Format:
    """A way of writing history; `by_place` tells one room after the other."""

    write: Write
    by_place: bool


FORMATS = {
    "jsonl": Format(data.write_jsonl, by_place=False),
    "json": Format(data.write_json, by_place=False),
    "csv": Format(data.write_csv, by_place=False),
    "md": Format(pages.write_markdown, by_place=True),
    "html": Format(web.write_html, by_place=True),
    "txt": Format(pages.write_text, by_place=True),
}

__all__ = ["FORMATS", "ExportInfo", "Format"]
