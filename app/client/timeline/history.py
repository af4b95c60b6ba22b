"""Turns a page of history into entries, and into changes of entries."""

from collections.abc import Callable, Iterable

from app.client.display.display_context import DisplayContext
from app.client.protocol.events import HistoryEvent, Message, Reaction, Redacted
from app.client.timeline import membership
from app.client.timeline.entry import Entry, EntryKind, Membership, to_entry
from app.client.timeline.event_texts import describe
from app.client.timeline.timeline import Timeline


def to_entries(
    events: Iterable[HistoryEvent], context: DisplayContext, is_mention: Callable[[Message], bool]
) -> list[Entry]:
    """Return the entries of events; reactions, redactions, our joins and parts have none."""
    entries: list[Entry] = []
    for event in events:
        if isinstance(event, Message):
            entries.append(to_entry(event, not event.is_mine and is_mention(event)))
        elif membership.is_own(event, context.nick):
            continue
        elif membership.is_membership(event):
            _add_membership(entries, event)
        elif not isinstance(event, Reaction | Redacted):
            entries += [Entry(EntryKind.EVENT, event.at, text=text) for text in describe(event, context)]
    return entries


def _add_membership(entries: list[Entry], event: Membership) -> None:
    if entries and membership.may_merge(entries[-1], event):
        membership.merge(entries[-1], event)
    else:
        entries.append(membership.to_membership_entry(event))


def apply_changes(timeline: Timeline, events: Iterable[HistoryEvent]) -> None:
    """Apply the reactions and redactions of a page to the messages they belong to."""
    for event in events:
        if isinstance(event, Reaction):
            timeline.react(event)
        elif isinstance(event, Redacted):
            timeline.redact(event)
