"""The burst of lines that greets in a room: topic, names, and what was said last."""

from collections.abc import Iterable
from dataclasses import replace

from app.clock import to_text
from app.commands.context import Context
from app.events import MESSAGES, Event
from app.live.encode import encode
from app.live.room import Room
from app.services.pages import latest_messages
from app.wire import numerics
from app.wire.framing import LINE_BYTES, space_behind

ACTION = "\x01ACTION "  # what begins a message that says what somebody does


def room(ctx: Context, room: Room) -> None:
    """Tell somebody who just came in what the topic is and who is there."""
    if room.topic:
        topic(ctx, room)
    if "no-implicit-names" not in ctx.client.caps:
        names(ctx, room)


def topic(ctx: Context, room: Room) -> None:
    """Tell the topic, who set it and when."""
    ctx.reply(numerics.RPL_TOPIC, room.name, text=room.topic)
    ctx.reply(numerics.RPL_TOPICWHOTIME, room.name, room.topic_by, str(room.topic_at // 1000))


def names(ctx: Context, room: Room, asked: str = "") -> None:
    """Tell who is in a room, as far as the caller may know of them, with the symbols of their roles."""
    symbol = "@" if "s" in room.modes else "="
    start = f":{ctx.desk.server} {numerics.RPL_NAMREPLY.code} {ctx.client.nick} {symbol} {room.name} :"
    for words in room.names_for(ctx.client, ctx.me, space_behind(start)):
        ctx.say(start + words)
    ctx.reply(numerics.RPL_ENDOFNAMES, asked or room.name)


def replay(ctx: Context, room: Room) -> None:
    """Show the last messages to a client that has no way of asking for them."""
    if not ctx.desk.settings.replay or "draft/chathistory" in ctx.client.caps:
        return
    is_timed = "server-time" in ctx.client.caps
    for event in list(recent(ctx, room)):
        if not _is_request(event):
            ctx.show(event if is_timed or not event.at else _stamped(event))


def recent(ctx: Context, room: Room) -> Iterable[Event]:
    """Return a room's last messages, from memory once they have been read."""
    if room.recent is None:
        stored = latest_messages(ctx.desk.ledger.connection, room.id, ctx.world.replay)
        stored = [event for event in stored if event.id not in ctx.world.redacted]
        decided = [event for event in ctx.batch.events if event.room == room.id and event.kind in MESSAGES]
        ctx.world.fill_recent(room, stored + decided)
    return room.recent or ()


def _is_request(event: Event) -> bool:
    """Whether a program would answer the message (CTCP); what was asked once is not asked again."""
    text = event.text or ""
    return text.startswith("\x01") and not text.startswith(ACTION)


def _stamped(event: Event) -> Event:
    """Return the message with its time in the text, for a client that knows no server-time.

    A text that fills its line already stays as it is.
    """
    stamp = f"[{to_text(event.at)}] "
    if len(encode(event, 0)) + len(stamp) > LINE_BYTES:
        return event
    text = event.text or ""
    if "lines" in event.data:
        return event
    opening = ACTION if text.startswith(ACTION) else ""
    return replace(event, text=opening + stamp + text.removeprefix(opening))
