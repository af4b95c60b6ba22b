"""Recognises events that are replayed although they were shown, or received again once replayed.

Messages are recognised by their id (`ChannelView.mark_shown`). Other events may have none, and a
live QUIT or NICK is never sent with one, so their kind, nick and time identify them.
"""

from collections import OrderedDict

from app.client.protocol.events import (
    ClientEvent,
    Joined,
    Kicked,
    ModeChanged,
    Parted,
    Quit,
    Reaction,
    Redacted,
    Renamed,
    TopicChanged,
)

MAX_SHOWN_EVENTS = 1_000  # kept per room; only those after its last message can be replayed

EventKey = tuple[str | int, ...]


class ShownEvents:
    """The latest events of a room, other than messages, each with whether it was replayed."""

    def __init__(self) -> None:
        self._is_replayed: OrderedDict[EventKey, bool] = OrderedDict()

    def add_live(self, event: ClientEvent) -> bool:
        """Record an event as shown; return False if it was replayed before."""
        key = _key(event)
        if self._is_replayed.get(key, False):
            return False
        self._add(key, is_replayed=False)
        return True

    def add_replayed(self, event: ClientEvent) -> bool:
        """Record an event of history as shown; return False if it was recorded before."""
        key = _key(event)
        if key in self._is_replayed:
            return False
        self._add(key, is_replayed=True)
        return True

    def _add(self, key: EventKey, is_replayed: bool) -> None:
        if not key:
            return
        self._is_replayed[key] = is_replayed
        if len(self._is_replayed) > MAX_SHOWN_EVENTS:
            self._is_replayed.popitem(last=False)


def _key(event: ClientEvent) -> EventKey:
    """Return what identifies an event in its room, or () for a kind that is never replayed."""
    kind = type(event).__name__
    match event:
        case Joined(nick=nick, at=at) | Parted(nick=nick, at=at) | Kicked(nick=nick, at=at):
            return kind, nick, at
        case Quit(nick=nick, at=at) | Renamed(old=nick, at=at):
            return kind, nick, at
        case TopicChanged(by=nick, at=at, topic=change) | ModeChanged(by=nick, at=at, modes=change):
            return kind, nick, at, change
        case Reaction(msgid=msgid) if msgid:
            return kind, msgid
        case Reaction(author=nick, at=at, reply_to=msgid, reaction=reaction, is_removed=is_removed):
            return kind, nick, at, msgid, reaction, is_removed
        case Redacted(msgid=msgid):
            return kind, msgid
    return ()
