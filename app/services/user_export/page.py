"""The page to read: the profile as tables, with a link to the messages."""

from collections.abc import Iterator
from html import escape
from typing import Any

from app.services.export import ExportInfo
from app.services.export.html import END, begin_page, format_instant
from app.text.sanitise import clean

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 2rem 1.25rem; max-width: 52rem; font: 1rem/1.55 system-ui, sans-serif; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; overflow-wrap: anywhere; }
td { unicode-bidi: isolate; }
"""
_TITLES = {
    "private_metadata": "Private metadata",
    "certificates": "Certificates",
    "rooms": "Rooms",
    "read_markers": "Read markers",
    "private_conversations": "Private conversations",
    "bans": "Bans",
}


def write_page(profile: dict[str, Any], sessions: int, about: ExportInfo) -> Iterator[str]:
    """Yield the page."""
    title = f"{profile['name']} at {about.servername}"
    yield begin_page(title, _STYLE)
    yield f"<h1>{escape(clean(title))}</h1>\n"
    yield f'<p>Exported {format_instant(about)} UTC. <a href="messages.html">All messages</a></p>\n'
    facts = {name: value for name, value in profile.items() if name not in _TITLES}
    yield _table([{"": name.replace("_", " "), " ": value} for name, value in facts.items()])
    yield f"<p>Sessions: {sessions:,}, listed in sessions.json.</p>\n"
    for name, heading in _TITLES.items():
        if profile[name]:
            yield f"<h2>{heading}</h2>\n{_table(profile[name])}"
    yield END


def _table(rows: list[dict[str, Any]]) -> str:
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in rows[0])
    body = "".join(f"<tr>{''.join(map(_cell, row.values()))}</tr>\n" for row in rows)
    return f"<table>\n<tr>{head}</tr>\n{body}</table>\n"


def _cell(value: Any) -> str:
    return f"<td>{escape(clean(_text(value)))}</td>"


def _text(value: Any) -> str:
    """Format a value of the profile."""
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {part}" for name, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
