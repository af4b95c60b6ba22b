"""Joins, parts, quits and changes of nick: many of them share an entry, which shows a summary."""

from collections.abc import Iterable, Sequence
from typing import TypeGuard

from app.client.protocol.events import ClientEvent, Joined, MembershipEvent, Parted, Quit, Renamed
from app.client.timeline.entry import Details, Entry, EntryKind, Membership
from app.text.counts import count_of
from app.wire.names import fold

MAX_MERGED_MILLISECONDS = 3_600_000  # between the first and the last event of one entry
MAX_MERGED_EVENTS = 500
MAX_SUMMARY_NICKS = 3  # of each kind of event
RETURNED = "left and came back"
OUTCOMES = {  # by whether a nick was present before, and is afterwards
    (False, True): "joined",
    (True, False): "left",
    (False, False): "joined and left",
    (True, True): RETURNED,
}
SUMMARISED = (
    "joined",
    "left",
    "joined and left",
    "changed nick",
)  # RETURNED is shown only if there is nothing else


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
    outcomes = _outcomes(changes)
    groups = {verb: [nick for nick in outcomes if outcomes[nick] == verb] for verb in SUMMARISED}
    if not any(groups.values()):
        return f"{_names(list(outcomes))} {RETURNED}"
    return ", ".join(f"{_names(nicks)} {verb}" for verb, nicks in groups.items() if nicks)


def _outcomes(changes: Iterable[Membership]) -> dict[str, str]:
    """Return the overall outcome of the changes for each nick, in words."""
    was_present: dict[str, bool] = {}
    outcomes: dict[str, str] = {}
    for change in changes:
        if isinstance(change, Renamed):
            outcomes[change.new] = "changed nick"
        else:
            is_present = isinstance(change, Joined)
            outcomes[change.nick] = OUTCOMES[was_present.setdefault(change.nick, not is_present), is_present]
    return outcomes


def without_returns(events: Sequence[MembershipEvent]) -> list[MembershipEvent]:
    """Return events without those of nicks that left and came back."""
    outcomes = _outcomes(event for event in events if is_membership(event))
    return [
        event
        for event in events
        if not isinstance(event, Joined | Parted | Quit) or outcomes[event.nick] != RETURNED
    ]


def is_own(event: ClientEvent, nick: str) -> bool:
    """Whether an event is a join, part or quit of our own; `nick` is ours."""
    if isinstance(event, Quit):
        return fold(event.nick) == fold(nick)
    return isinstance(event, Joined | Parted) and event.is_mine


def _names(nicks: list[str]) -> str:
    unique = list(dict.fromkeys(nicks))
    if len(unique) <= MAX_SUMMARY_NICKS:
        return " and ".join(filter(None, [", ".join(unique[:-1]), unique[-1]]))
    return f"{', '.join(unique[:2])} and {count_of(len(unique) - 2, 'other')}"
