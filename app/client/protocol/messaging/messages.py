"""Converts received PRIVMSG and NOTICE lines to messages, and shows or holds them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from sys import intern

from app.client.protocol.channel_view import ChannelView
from app.client.protocol.effects import Effects
from app.client.protocol.events import ClientEvent, Message, Notice, Reaction
from app.client.protocol.lines import line_time, param
from app.client.protocol.model import ClientState
from app.client.protocol.sending import pending
from app.wire import ctcp
from app.wire.line import Line

MAX_HELD_EVENTS = 10_000  # per room while its history is fetched


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where a received line belongs: a room, or a direct conversation with the peer's nick."""

    room: str
    is_direct: bool
    is_mine: bool


def deliver(room: ChannelView, event: ClientEvent) -> Iterator[ClientEvent]:
    """Yield an event of a room unless it is a duplicate, or hold it during a catch-up.

    At the limit, all held events are dropped. No message is lost, because fetching continues until
    it reaches a held event.
    """
    if room.catch_up is None:
        yield from _show(room, event)
        return
    if len(room.catch_up.held) >= MAX_HELD_EVENTS:
        room.catch_up.held.clear()
    room.catch_up.held.append(event)


def _show(room: ChannelView, event: ClientEvent) -> Iterator[ClientEvent]:
    if isinstance(event, Message | Reaction) and event.reply_to and not event.quoted:
        event = replace(event, quoted=room.quote(event.reply_to))
    if not isinstance(event, Message):
        if room.shown_events.add_live(event):
            yield event
    elif room.mark_shown(event):
        room.count_unread(event)
        yield event


def on_message(state: ClientState, line: Line) -> Effects:
    """Show a message; an echo also confirms the pending message."""
    if is_from_server(state, line):
        yield Notice(param(line, 1), at=line_time(state, line))
        return
    message = to_message(state, line)
    if message is None:
        return
    yield from pending.confirm(state, message, line.tags.get("label", ""))
    yield from deliver(state.open_room(message.room), message)


def is_from_server(state: ClientState, line: Line) -> bool:
    """Return whether a line is a NOTICE from the server itself."""
    has_user = "!" in (line.source or "") or state.is_me(line.nick)
    return line.command == "NOTICE" and not has_user and not state.is_room(param(line, 0))


def to_message(state: ClientState, line: Line, conversation: str = "") -> Message | None:
    """Return the message in a line, or None for a CTCP message other than ACTION.

    `conversation` is the peer of a direct message if the line does not determine it, as in history.
    """
    text, is_action = _parse_ctcp(param(line, 1))
    if text is None:
        return None
    place = find_conversation(state, line, conversation)
    return Message(
        room=intern(place.room),  # many messages are kept, of few rooms and users
        author=intern(line.nick),
        text=text,
        at=line_time(state, line),
        is_mine=place.is_mine,
        is_action=is_action,
        is_notice=line.command == "NOTICE",
        is_direct=place.is_direct,
        msgid=line.tags.get("msgid", ""),
        account=line.tags.get("account", ""),
        mask=intern(line.source or ""),
        reply_to=line.tags.get("+draft/reply", ""),
    )


def find_conversation(state: ClientState, line: Line, conversation: str = "") -> Conversation:
    """Return the room or conversation to which a received line belongs."""
    target = param(line, 0).lstrip(state.connection.isupport.get("STATUSMSG", ""))
    is_mine, is_direct = state.is_me(line.nick), not state.is_room(target)
    peer = conversation or (target if is_mine else line.nick)
    return Conversation(peer if is_direct else target, is_direct, is_mine)


def _parse_ctcp(text: str) -> tuple[str | None, bool]:
    """Return the text, or None for CTCP other than ACTION, and whether it is an action."""
    if text.startswith(ctcp.ACTION):
        return text.removeprefix(ctcp.ACTION).removesuffix(ctcp.DELIMITER), True
    return (None if text.startswith(ctcp.DELIMITER) else text), False
