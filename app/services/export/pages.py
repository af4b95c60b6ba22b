"""Export formats for people: plain text and Markdown."""

import re
from collections.abc import Iterable, Iterator

from app.clock import to_datetime
from app.services.export.about import ExportInfo
from app.services.export.plain import (
    describe_event,
    find_action,
    format_time,
    format_timed_line,
    group_by_day,
    group_by_room,
    render_links,
)
from app.services.history.entry import HistoryEntry
from app.text.sanitise import clean

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def write_title(about: ExportInfo) -> Iterator[str]:
    """Yield the first line of a text document."""
    yield f"{clean(about.servername)}: history, {to_datetime(about.made):%Y-%m-%d %H:%M} UTC\n"


def write_text(entries: Iterable[HistoryEntry], about: ExportInfo) -> Iterator[str]:
    """Yield one line of text per entry, grouped by room."""
    for heading, room_entries in group_by_room(entries):
        yield f"\n== {clean(heading)} ==\n\n"
        for entry in room_entries:
            yield f"{format_timed_line(entry)}\n"


def write_markdown_title(about: ExportInfo) -> Iterator[str]:
    """Yield the title of a Markdown document."""
    yield f"# {_escape(about.servername)}: history\n\n"
    yield f"Exported {to_datetime(about.made):%Y-%m-%d %H:%M}; all times are UTC.\n"


def write_markdown(entries: Iterable[HistoryEntry], about: ExportInfo) -> Iterator[str]:
    """Yield the entries as Markdown, grouped by room and day."""
    for heading, room_entries in group_by_room(entries):
        yield f"\n## {_escape(heading)}\n"
        for day, day_entries in group_by_day(room_entries):
            yield f"\n### {day}\n\n"
            for entry in day_entries:
                yield f"- {format_time(entry)} {_item(entry)}\n"


def _item(entry: HistoryEntry) -> str:
    if not entry.is_message:
        return f"*{describe_event(entry, _escape)}*"
    nick, action = _escape(entry.nick), find_action(entry)
    if action is not None:
        return f"*{nick} {_text(action)}*"
    return f"**{nick}** {_text(clean(entry.text))}"


def _text(text: str) -> str:
    return render_links(text, _escape, lambda address: f"<{address}>")


def _escape(text: str) -> str:
    return _MARKUP.sub(r"\\\1", clean(text))
