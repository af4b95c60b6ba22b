"""Messages that refer to another one: replies, reactions and redactions.

A reference is the `msgid` of a message. The latest messages of each room are remembered, so that
what refers to one of them can be shown with its author and text, and so that the user can refer to
it by number or by its author's nick. See https://ircv3.net/specs/client-tags/reply,
https://ircv3.net/specs/client-tags/react and https://ircv3.net/specs/extensions/message-redaction.
"""

from dataclasses import replace

from app.client.protocol.channel_view import ChannelView, RecentMessage
from app.client.protocol.effects import Effects
from app.client.protocol.events import HistoryEvent, Message, Quote, Reaction, Redacted
from app.client.protocol.lines import line_time, param, send
from app.client.protocol.messaging.messages import deliver, find_conversation
from app.client.protocol.messaging.typing_state import on_typing
from app.client.protocol.model import ClientState
from app.client.protocol.sending import edits
from app.wire.line import Line
from app.wire.names import fold
from app.wire.numbers import MAX_DIGITS

REDACTION = "draft/message-redaction"
REPLY_TAG = "+draft/reply"
REACT_TAG = "+draft/react"
UNREACT_TAG = "+draft/unreact"


def on_tagmsg(state: ClientState, line: Line) -> Effects:
    """Show a reaction, or its removal, or that a user is typing; ignore other tags."""
    yield from on_typing(state, line)
    reaction = to_reaction(state, line)
    if reaction is not None:
        yield from deliver(state.open_room(reaction.room), reaction)


def to_reaction(state: ClientState, line: Line, conversation: str = "") -> Reaction | None:
    """Return the reaction in a TAGMSG, or its removal, or None if there is none.

    `conversation` is the peer of a direct message if the line does not determine it, as in history.
    """
    reaction, removed = line.tags.get(REACT_TAG, ""), line.tags.get(UNREACT_TAG, "")
    reference = line.tags.get(REPLY_TAG, "")
    if not reference or not (reaction or removed):
        return None
    place = find_conversation(state, line, conversation)
    return Reaction(
        room=place.room,
        author=line.nick,
        reaction=reaction or removed,
        reply_to=reference,
        at=line_time(state, line),
        is_removed=not reaction,
        is_mine=place.is_mine,
        is_direct=place.is_direct,
        msgid=line.tags.get("msgid", ""),
    )


def on_redact(state: ClientState, line: Line) -> Effects:
    """Show that a message was deleted, and forget its text."""
    redaction = to_redaction(state, line)
    room = state.find_room(redaction.room)
    if room is None:
        return
    deleted = room.forget(redaction.msgid)
    if deleted is not None:
        redaction = replace(redaction, author=deleted.author, sent_at=deleted.at)
    yield from deliver(room, replace(redaction, room=room.name))
    if state.is_me(redaction.by):
        yield from edits.on_deleted(state, redaction.msgid)


def to_redaction(state: ClientState, line: Line, conversation: str = "") -> Redacted:
    """Return the redaction in a REDACT, without the author and time of the deleted message."""
    place = find_conversation(state, line, conversation)
    return Redacted(
        room=place.room,
        by=line.nick,
        msgid=param(line, 1),
        reason=param(line, 2),
        at=line_time(state, line),
        is_mine=place.is_mine,
        is_direct=place.is_direct,
    )


def add_quotes(room: ChannelView | None, page: list[HistoryEvent]) -> list[HistoryEvent]:
    """Add to each reply and reaction of a page of history what it refers to, if that is known."""
    messages = [event for event in page if isinstance(event, Message)]
    quotes = {message.msgid: Quote(message.author, message.text) for message in messages if message.msgid}
    return [_add_quote(event, quotes, room) for event in page]


def _add_quote(event: HistoryEvent, quotes: dict[str, Quote], room: ChannelView | None) -> HistoryEvent:
    if not isinstance(event, Message | Reaction) or not event.reply_to:
        return event
    quoted = quotes.get(event.reply_to) or (room.quote(event.reply_to) if room else None)
    return replace(event, quoted=quoted)


def find_by_reference(room: ChannelView, reference: str) -> Message | None:
    """Return the message with a number, or the latest message of a nick."""
    recent = reversed(room.recent.values())
    if reference.isdecimal() and len(reference) <= MAX_DIGITS:
        return next((entry.message for entry in recent if entry.number == int(reference)), None)
    return next((entry.message for entry in recent if fold(entry.message.author) == fold(reference)), None)


def find_latest(room: ChannelView, is_mine: bool) -> Message | None:
    """Return our latest message in a room, or the latest message of another user."""
    recent = reversed(room.recent.values())
    return next((entry.message for entry in recent if entry.message.is_mine is is_mine), None)


def has_unconfirmed(state: ClientState, room: str) -> bool:
    """Return whether a message of ours to a room is neither stored nor refused yet."""
    return any(fold(pending.target) == fold(room) for pending in state.pending.values())


def list_recent(room: ChannelView) -> list[RecentMessage]:
    """Return the messages that the user can refer to, latest first."""
    return list(reversed(room.recent.values()))


def react(state: ClientState, message: Message, reaction: str) -> Effects:
    """React to a message."""
    yield from _send_reaction(state, message, reaction, REACT_TAG)


def unreact(state: ClientState, message: Message, reaction: str) -> Effects:
    """Remove our reaction from a message."""
    yield from _send_reaction(state, message, reaction, UNREACT_TAG)


def _send_reaction(state: ClientState, message: Message, reaction: str, tag: str) -> Effects:
    yield send("TAGMSG", message.room, tags={tag: reaction, REPLY_TAG: message.msgid})
    if not state.has("echo-message"):
        yield Reaction(
            room=message.room,
            author=state.nick,
            reaction=reaction,
            reply_to=message.msgid,
            at=state.now,
            is_removed=tag == UNREACT_TAG,
            is_mine=True,
            is_direct=message.is_direct,
            quoted=Quote(message.author, message.text),
        )


def redact(state: ClientState, message: Message, reason: str) -> Effects:
    """Delete a message."""
    yield send("REDACT", message.room, message.msgid, *([reason] if reason else []))
