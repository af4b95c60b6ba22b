"""Export formats for people: plain text and Markdown."""

import re
from collections.abc import Iterable, Iterator

from app.clock import to_datetime
from app.services.export.about import ExportInfo
from app.services.export.plain import (
    clean,
    describe_event,
    find_action,
    format_time,
    format_timed_line,
    group_by_day,
    group_by_place,
    render_links,
)
from app.services.history import HistoryEntry

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def write_text(entries: Iterable[HistoryEntry], about: ExportInfo) -> Iterator[str]:
    """Write one line per entry, grouped by room."""
    yield f"{clean(about.servername)}: history, {to_datetime(about.made):%Y-%m-%d %H:%M} UTC\n"
    for place, here in group_by_place(entries):
        yield f"\n== {clean(place)} ==\n\n"
        for entry in here:
            yield f"{format_timed_line(entry)}\n"


def write_markdown(entries: Iterable[HistoryEntry], about: ExportInfo) -> Iterator[str]:
    """Write lists of entries, grouped by room and day."""
    yield f"# {_escape(clean(about.servername))}: history\n\n"
    yield f"Exported {to_datetime(about.made):%Y-%m-%d %H:%M}; all times are UTC.\n"
    for place, here in group_by_place(entries):
        yield f"\n## {_escape(clean(place))}\n"
        for day, that_day in group_by_day(here):
            yield f"\n### {day}\n\n"
            for entry in that_day:
                yield f"- {format_time(entry)} {_item(entry)}\n"


def _item(entry: HistoryEntry) -> str:
    if not entry.is_message:
        return f"*{_escape(describe_event(entry))}*"
    nick, done = _escape(clean(entry.nick)), find_action(entry)
    if done is not None:
        return f"*{nick} {_text(done)}*"
    return f"**{nick}** {_text(clean(entry.text))}"


def _text(text: str) -> str:
    return render_links(text, _escape, lambda address: f"<{address}>")


def _escape(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)
