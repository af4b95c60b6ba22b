"""Lines of history as events (capability draft/event-playback).

Besides messages, history then contains reactions, joins, topic changes and the like. They happened
before now, so they must not change the state: who has joined is known from NAMES. A view that does
not ask for them (`UserOptions.wants_events`) gets more messages per page.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from app.client.protocol.channel_view import ChannelView
from app.client.protocol.events import (
    ClientEvent,
    HistoryEvent,
    Joined,
    Kicked,
    MembershipEvent,
    Message,
    ModeChanged,
    Parted,
    Quit,
    Renamed,
    Replayed,
    TopicChanged,
)
from app.client.protocol.lines import line_time, param
from app.client.protocol.messaging.messages import to_message
from app.client.protocol.messaging.references import to_reaction, to_redaction
from app.client.protocol.model import ClientState
from app.wire.line import Line

CAPABILITY = "draft/event-playback"

Reader = Callable[[ClientState, Line, str], HistoryEvent | None]


def to_event(state: ClientState, line: Line, room: str) -> HistoryEvent | None:
    """Return the event in a line of the history of a room or conversation, or None."""
    is_message = line.command in ("PRIVMSG", "NOTICE")
    reader = READERS.get(line.command) if is_message or state.has(CAPABILITY) else None
    return reader(state, line, room) if reader else None


def _joined(state: ClientState, line: Line, room: str) -> Joined:
    account = param(line, 1).removeprefix("*")
    return Joined(room, line.nick, line_time(state, line), state.is_me(line.nick), account)


def _parted(state: ClientState, line: Line, room: str) -> Parted:
    return Parted(room, line.nick, param(line, 1), line_time(state, line), state.is_me(line.nick))


def _kicked(state: ClientState, line: Line, room: str) -> Kicked:
    nick = param(line, 1)
    return Kicked(room, nick, line.nick, param(line, 2), line_time(state, line), state.is_me(nick))


def _quit(state: ClientState, line: Line, room: str) -> Quit:
    return Quit(line.nick, (room,), param(line, 0), line_time(state, line))


def _renamed(state: ClientState, line: Line, room: str) -> Renamed:
    return Renamed(line.nick, param(line, 0), line_time(state, line), state.is_me(line.nick))


def _topic(state: ClientState, line: Line, room: str) -> TopicChanged:
    return TopicChanged(room, param(line, 1), line.nick, line_time(state, line))


def _mode(state: ClientState, line: Line, room: str) -> ModeChanged:
    return ModeChanged(room, " ".join(line.params[1:]), line.nick, line_time(state, line))


READERS: dict[str, Reader] = {
    "PRIVMSG": to_message,
    "NOTICE": to_message,
    "TAGMSG": to_reaction,
    "REDACT": to_redaction,
    "JOIN": _joined,
    "PART": _parted,
    "KICK": _kicked,
    "QUIT": _quit,
    "NICK": _renamed,
    "TOPIC": _topic,
    "MODE": _mode,
}


def mark_shown(room: ChannelView, events: Iterable[HistoryEvent]) -> list[HistoryEvent]:
    """Record events of history as shown; return those that were not shown before."""
    return [
        event
        for event in events
        if (room.mark_shown(event) if isinstance(event, Message) else room.shown_events.add_replayed(event))
    ]


def bundle(room: ChannelView, events: Iterable[HistoryEvent]) -> Iterator[ClientEvent]:
    """Yield events of history, in order; those of members together, apart from live ones."""
    for is_membership, group in groupby(events, lambda event: isinstance(event, MembershipEvent)):
        if is_membership:
            yield Replayed(room.name, tuple(event for event in group if isinstance(event, MembershipEvent)))
        else:
            yield from group
