"""Exports history as a stream of text in one of the `FORMATS`, or as an SQLite file.

Formats for programs (jsonl, json, csv, mbox) keep the order of the log; formats for people (txt,
md, html) are grouped by room. A document is a head followed by the entries, so that an existing one
can be continued, except where something comes after the entries.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from app.services.export import data, mail, pages, web
from app.services.export.about import ExportInfo
from app.services.history.entry import HistoryEntry

Write = Callable[[Iterable[HistoryEntry], ExportInfo], Iterator[str]]
Head = Callable[[ExportInfo], Iterable[str]]
SQLITE = "sqlite"  # the format that is a file rather than a text


def _no_head(about: ExportInfo) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Format:
    """An export format. With `by_room`, entries are grouped by room or private conversation.

    `continues` states whether more entries can be written after a complete document.
    """

    entries: Write
    by_room: bool
    continues: bool = True
    head: Head = _no_head

    def write(self, entries: Iterable[HistoryEntry], about: ExportInfo) -> Iterator[str]:
        """Yield a complete document."""
        return chain(self.head(about), self.entries(entries, about))


FORMATS = {
    "jsonl": Format(data.write_jsonl, by_room=False),
    "json": Format(data.write_json, by_room=False, continues=False),
    "csv": Format(data.write_rows, by_room=False, head=data.write_header_row),
    "md": Format(pages.write_markdown, by_room=True, head=pages.write_markdown_title),
    "html": Format(web.write_html, by_room=True, continues=False),
    "txt": Format(pages.write_text, by_room=True, head=pages.write_title),
    "mbox": Format(mail.write_mbox, by_room=False),
}
FORMAT_NAMES = (*FORMATS, SQLITE)

__all__ = ["FORMATS", "FORMAT_NAMES", "SQLITE", "ExportInfo", "Format"]
