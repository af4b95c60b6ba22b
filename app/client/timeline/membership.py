"""Joins, parts, quits and changes of nick: many of them share an entry, which shows a summary."""

from typing import TypeGuard

from app.client.protocol.events import ClientEvent, Joined, Parted, Quit, Renamed
from app.client.timeline.entry import Details, Entry, EntryKind, Membership
from app.text.counts import count_of

MAX_MERGED_MILLISECONDS = 3_600_000  # between the first and the last event of one entry
MAX_MERGED_EVENTS = 500
MAX_SUMMARY_NICKS = 3  # of each kind of event


def is_membership(event: ClientEvent) -> TypeGuard[Membership]:
    """Whether an event belongs in a MEMBERSHIP entry."""
    return isinstance(event, Joined | Parted | Quit | Renamed)


def to_membership_entry(event: Membership) -> Entry:
    """Return an entry with one event."""
    return Entry(EntryKind.MEMBERSHIP, event.at, details=Details(changes=[event]))


def may_merge(last: Entry, event: Membership) -> bool:
    """Whether an event belongs in the same entry as those before it."""
    return (
        last.kind is EntryKind.MEMBERSHIP
        and last.details is not None
        and len(last.details.changes) < MAX_MERGED_EVENTS
        and 0 <= event.at - last.at <= MAX_MERGED_MILLISECONDS
    )


def merge(last: Entry, event: Membership) -> None:
    """Add an event to an entry."""
    if last.details is not None:
        last.details.changes.append(event)


def describe_change(change: Membership) -> str:
    """Return what happened, in words."""
    match change:
        case Joined(nick=nick):
            return f"{nick} joined"
        case Parted(nick=nick, reason=reason):
            return f"{nick} left" + (f" ({reason})" if reason else "")
        case Quit(nick=nick, reason=reason):
            return f"{nick} quit" + (f" ({reason})" if reason else "")
    return f"{change.old} is now known as {change.new}"


def summarise(changes: list[Membership]) -> str:
    """Return a summary of joins, parts, quits and changes of nick."""
    if len(changes) == 1:
        return describe_change(changes[0])
    joined = [change.nick for change in changes if isinstance(change, Joined)]
    left = [change.nick for change in changes if isinstance(change, Parted | Quit)]
    renamed = [change.new for change in changes if isinstance(change, Renamed)]
    groups = [(joined, "joined"), (left, "left"), (renamed, "changed nick")]
    return ", ".join(f"{_names(nicks)} {verb}" for nicks, verb in groups if nicks)


def _names(nicks: list[str]) -> str:
    unique = list(dict.fromkeys(nicks))
    if len(unique) <= MAX_SUMMARY_NICKS:
        return " and ".join(filter(None, [", ".join(unique[:-1]), unique[-1]]))
    return f"{', '.join(unique[:2])} and {count_of(len(unique) - 2, 'other')}"
