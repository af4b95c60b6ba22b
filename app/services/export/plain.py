"""Formats history entries as plain text without invisible characters.

Events other than messages are described in a sentence.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from app.clock import to_datetime
from app.events import Kind
from app.services.history.entry import HistoryEntry
from app.text.sanitise import clean

_ACTION = re.compile(r"\x01ACTION ?(.*?)\x01?", re.DOTALL)
_LINK = re.compile(r"(https?://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]}])")

_SENTENCES: dict[Kind, str] = {
    Kind.CREATED: "{nick} created the room {target}",
    Kind.RENAMED: "{nick} renamed the room {target} to {text}",
    Kind.DELETED: "{nick} deleted the room {target}{reason}",
    Kind.JOINED: "{nick} joined",
    Kind.PARTED: "{nick} left{reason}",
    Kind.QUIT: "{nick} quit{reason}",
    Kind.KICKED: "{nick} kicked {target}{reason}",
    Kind.NICK: "{nick} is now known as {target}",
    Kind.TOPIC: "{nick} set the topic: {text}",
    Kind.MODE: "{nick} set {text}",
}


def format_day(entry: HistoryEntry) -> str:
    """Return the date of an entry in UTC."""
    return f"{to_datetime(entry.at):%Y-%m-%d}"


def format_time(entry: HistoryEntry) -> str:
    """Return the time of day of an entry in UTC, to the second."""
    return f"{to_datetime(entry.at):%H:%M:%S}"


def find_action(entry: HistoryEntry) -> str | None:
    """Return the text of a `/me` message (CTCP ACTION), or None for any other entry."""
    match = _ACTION.fullmatch(entry.text) if entry.is_message else None
    return clean(match[1]) if match else None


def describe_event(entry: HistoryEntry, render: Callable[[str], str] = clean) -> str:
    """Return a sentence that describes an event other than a message.

    `render` returns the markup of a name or text; the words between them need none.
    """
    text = render(entry.text)
    return _SENTENCES[entry.kind].format(
        nick=render(entry.nick),
        target=render(entry.target or ""),
        text=text,
        reason=f" ({text})" if entry.text else "",
    )


def format_line(entry: HistoryEntry) -> str:
    """Format an entry without its time: `anna: hello`, `* anna waves`, `-- anna joined`."""
    if not entry.is_message:
        return f"-- {describe_event(entry)}"
    nick, action = clean(entry.nick), find_action(entry)
    return f"{nick}: {clean(entry.text)}" if action is None else f"* {nick} {action}"


def format_timed_line(entry: HistoryEntry) -> str:
    """Format an entry with its date and time: `[2026-11-22 12:00:05] anna: hello`."""
    return f"[{format_day(entry)} {format_time(entry)}] {format_line(entry)}"


def render_links(text: str, escape: Callable[[str], str], link: Callable[[str], str]) -> str:
    """Render a text by applying `link` to its URLs and `escape` to everything else."""
    parts = _LINK.split(text)
    return "".join(link(part) if number % 2 else escape(part) for number, part in enumerate(parts))


def group_by_room(entries: Iterable[HistoryEntry]) -> Iterator[tuple[str, Iterator[HistoryEntry]]]:
    """Yield the heading and the entries of each room or private conversation.

    The entries of a room or conversation must be adjacent in the input.
    """
    return groupby(entries, key=lambda entry: entry.heading)


def group_by_day(entries: Iterable[HistoryEntry]) -> Iterator[tuple[str, Iterator[HistoryEntry]]]:
    """Yield each date, as `YYYY-MM-DD`, with its entries. The input must be in time order."""
    return groupby(entries, key=format_day)
