"""Turns a page of history into entries, and into changes of entries."""

from collections.abc import Callable, Iterable

from app.client.display.event_text import DisplayContext
from app.client.protocol.events import HistoryEvent, Message, Reaction, Redacted
from app.client.timeline import membership
from app.client.timeline.entry import Entry, EntryKind, to_entry
from app.client.timeline.event_texts import describe
from app.client.timeline.timeline import Timeline


def to_entries(
    events: Iterable[HistoryEvent], context: DisplayContext, is_mention: Callable[[Message], bool]
) -> list[Entry]:
    """Return the entries of events; reactions and redactions have none."""
    entries: list[Entry] = []
    for event in events:
        if isinstance(event, Message):
            entries.append(to_entry(event, not event.is_mine and is_mention(event)))
        elif membership.is_membership(event):
            _merge(entries, membership.merge(entries[-1] if entries else None, event))
        elif not isinstance(event, Reaction | Redacted):
            entries += [Entry(EntryKind.EVENT, event.at, text=text) for text in describe(event, context)]
    return entries


def _merge(entries: list[Entry], entry: Entry) -> None:
    if not entries or entries[-1] is not entry:
        entries.append(entry)


def apply_changes(timeline: Timeline, events: Iterable[HistoryEvent]) -> None:
    """Apply the reactions and redactions of a page to the messages they belong to."""
    for event in events:
        if isinstance(event, Reaction):
            timeline.react(event)
        elif isinstance(event, Redacted):
            timeline.redact(event)
