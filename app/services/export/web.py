"""Exports history as one HTML page, which has no scripts and no external resources.

The table of contents is complete only after all entries are written, so it comes last in the
markup, and the style sheet moves it to the top.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import chain
from zlib import crc32

from app.clock import to_datetime, to_iso
from app.services.export.about import ExportInfo
from app.services.export.html import END, begin_page, format_instant
from app.services.export.plain import (
    describe_event,
    find_action,
    format_time,
    group_by_day,
    group_by_room,
    render_links,
)
from app.services.history.entry import HistoryEntry
from app.text.sanitise import clean

_STYLE = """
:root { color-scheme: light dark; --paper: #fdfcf9; --ink: #22242a; --faint: #6d7280; --rule: #e4e1d8;
  --light: 31%; --link: #1f5fbf; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181d; --ink: #e3e4e8; --faint: #8d93a1;
  --rule: #2c3039; --light: 72%; --link: #8ab4f8; } }
* { box-sizing: border-box; }
body { display: flex; flex-direction: column; margin: 0 auto; padding: 2rem 1.25rem 5rem; max-width: 52rem;
  background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { margin: 0; font-size: 1.7rem; }
main, footer { order: 1; }
header p, nav, footer { color: var(--faint); margin: .25rem 0 0; font-size: .9rem; }
nav ul { list-style: none; margin: 1.5rem 0 0; padding: 0; }
nav li { display: flex; flex-wrap: wrap; gap: 0 .8rem; margin-top: .3rem; overflow-wrap: anywhere; }
nav li > a:first-child { font-weight: 600; }
h2 { margin: 3rem 0 0; padding-bottom: .4rem; border-bottom: 2px solid var(--rule); font-size: 1.3rem;
  overflow-wrap: anywhere; }
h3 { position: sticky; top: 0; margin: 1.5rem 0 .5rem; padding: .35rem 0; background: var(--paper);
  color: var(--faint); font-size: .85rem; font-weight: 600; letter-spacing: .04em; }
ol { list-style: none; margin: 0; padding: 0; }
ol li { display: grid; grid-template-columns: 4.6rem 1fr; column-gap: .75rem; padding: .14rem 0;
  scroll-margin-top: 2.5rem; }
li:target { background: color-mix(in srgb, var(--link) 14%, transparent); border-radius: .3rem; }
time, time a { color: var(--faint); font-size: .8rem; line-height: 1.95; text-decoration: none;
  font-variant-numeric: tabular-nums; }
p { margin: 0; unicode-bidi: isolate; overflow-wrap: anywhere; white-space: pre-wrap; }
b { font-weight: 600; color: hsl(var(--hue) 55% var(--light)); margin-right: .5rem; }
.happened { color: var(--faint); font-style: italic; font-size: .92rem; }
.notice { border-left: 3px solid var(--rule); padding-left: .6rem; }
.empty { margin-top: 3rem; color: var(--faint); }
a { color: var(--link); }
@media (max-width: 34rem) { ol li { display: block; } ol p { display: inline; } time { margin-right: .5rem; }
  time, time a { line-height: inherit; } }
@media print { body { display: block; max-width: none; padding: 0; } nav { display: none; }
  h3 { position: static; break-after: avoid; } li { break-inside: avoid; } }
"""


@dataclass(slots=True)
class _Section:
    """A room in the table of contents, with its number of lines and links to its months."""

    heading: str
    lines: int = 0
    months: list[tuple[str, str]] = field(default_factory=list)

    def add_day(self, entry: HistoryEntry) -> None:
        """Add the month of a day, given the day's first entry, unless it is already listed."""
        month = f"{to_datetime(entry.at):%B %Y}"
        if not self.months or self.months[-1][0] != month:
            self.months.append((month, f"#m{entry.id}"))


def write_html(entries: Iterable[HistoryEntry], about: ExportInfo) -> Iterator[str]:
    """Yield an HTML page with the entries grouped by room and day."""
    title = f"{about.servername}: history"
    yield begin_page(title, _STYLE)
    yield f"<header><h1>{escape(clean(title))}</h1>"
    yield f"<p>Exported {format_instant(about)}. All times are UTC.</p></header>\n<main>\n"
    sections: list[_Section] = []
    for heading, room_entries in group_by_room(entries):
        sections.append(_Section(heading))
        yield f'<section id="r{len(sections)}">\n<h2>{_isolate(heading)}</h2>\n'
        for _, day_entries in group_by_day(room_entries):
            yield from _day(day_entries, sections[-1])
        yield "</section>\n"
    yield f"</main>\n{_contents(sections)}"
    yield f'<footer class="empty">{_closing(sections)}</footer>\n{END}'


def _closing(sections: list[_Section]) -> str:
    count = sum(section.lines for section in sections)
    return "There are no messages." if count == 0 else f"{_lines(count)}."


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


def _contents(sections: list[_Section]) -> str:
    """Return the table of contents, or an empty string for a single room and month."""
    if len(sections) < 2 and all(len(section.months) < 2 for section in sections):
        return ""
    items = "".join(_contents_item(number, section) for number, section in enumerate(sections, 1))
    return f'<nav aria-label="Contents"><ul>\n{items}</ul></nav>\n'


def _contents_item(number: int, section: _Section) -> str:
    months = "".join(f'<a href="{start}">{month}</a>' for month, start in section.months)
    title = f'<a href="#r{number}">{_isolate(section.heading)}</a><span>{_lines(section.lines)}</span>'
    return f"<li>{title}{months}</li>\n"


def _day(entries: Iterator[HistoryEntry], section: _Section) -> Iterator[str]:
    first = next(entries)
    section.add_day(first)
    yield f"<h3>{to_datetime(first.at):%A, %d %B %Y}</h3>\n<ol>\n"
    for entry in chain([first], entries):
        section.lines += 1
        yield _item(entry)
    yield "</ol>\n"


def _item(entry: HistoryEntry) -> str:
    time = f'<time datetime="{to_iso(entry.at)}"><a href="#m{entry.id}">{format_time(entry)}</a></time>'
    return f'<li id="m{entry.id}">{time}{_entry_body(entry)}</li>\n'


def _entry_body(entry: HistoryEntry) -> str:
    if not entry.is_message:
        return f'<p class="happened">{describe_event(entry, _isolate)}</p>'
    action = find_action(entry)
    if action is not None:
        return f"<p>{_author(entry)}<em><bdi>{_text(action)}</bdi></em></p>"
    style = ' class="notice"' if entry.kind == "notice" else ""
    return f"<p{style}>{_author(entry)}<bdi>{_text(clean(entry.text))}</bdi></p>"


def _author(entry: HistoryEntry) -> str:
    """Return markup for the author's nick, in a colour derived from the nick."""
    nick = clean(entry.nick)
    return f'<b style="--hue:{crc32(nick.encode()) % 360}">{_isolate(nick)}</b>'


def _isolate(text: str) -> str:
    """Return markup for a name or text whose writing direction does not affect its surroundings."""
    return f"<bdi>{escape(clean(text))}</bdi>"


def _text(text: str) -> str:
    return render_links(text, escape, _link)


def _link(url: str) -> str:
    escaped = escape(url)
    return f'<a href="{escaped}" rel="noopener noreferrer nofollow">{escaped}</a>'
