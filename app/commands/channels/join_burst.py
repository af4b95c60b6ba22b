"""The burst of lines that greets in a room: topic, names, and what was said last.

A room's last messages are read from the log once, on the engine's thread, and are kept in memory from then on. What
somebody missed in private is different for everybody: to read it is slow work, for the reader's thread.
"""

from collections.abc import Iterable
from dataclasses import replace

from app.clock import to_text
from app.commands.context import Context
from app.engine.delivery.encode import encode
from app.engine.submission_unit import SlowWork
from app.engine.world.room import Room
from app.events import MESSAGES, Event
from app.services.pages import latest_messages, list_private_messages
from app.services.visibility import NEVER, find_visit_start
from app.wire import numerics
from app.wire.ctcp import ACTION, is_request
from app.wire.framing import MAX_LINE_BYTES, space_after

HISTORY_CAPABILITIES = (
    "draft/chathistory",
    "znc.in/playback",
)  # capabilities of clients that ask for the past


def send_topic_and_names(ctx: Context, room: Room) -> None:
    """Tell somebody who just came in what the topic is and who is there."""
    if room.topic:
        send_topic(ctx, room)
    if "no-implicit-names" not in ctx.client.caps:
        send_names(ctx, room)


def send_topic(ctx: Context, room: Room) -> None:
    """Tell the topic, who set it and when."""
    ctx.reply(numerics.RPL_TOPIC, room.name, text=room.topic)
    ctx.reply(numerics.RPL_TOPICWHOTIME, room.name, room.topic_by, str(room.topic_at // 1000))


def send_names(ctx: Context, room: Room, asked: str = "") -> None:
    """Tell who is in a room, as far as the caller may know of them, with the symbols of their roles."""
    symbol = "@" if "s" in room.modes else "="
    start = (
        f":{ctx.runtime.server_name} {numerics.RPL_NAMREPLY.code} {ctx.client.nick} {symbol} {room.name} :"
    )
    texts = room.names_for(ctx.client, ctx.me, space_after(start))
    end = numerics.RPL_ENDOFNAMES.format(ctx.runtime.server_name, ctx.client.nick, asked or room.name)
    ctx.send_lines(*(start + words for words in texts), end)


def wants_replay(ctx: Context) -> bool:
    """Whether the client is shown what was said before without asking: it has no way to ask."""
    return bool(ctx.runtime.settings.replay) and ctx.client.caps.isdisjoint(HISTORY_CAPABILITIES)


def replay_room(ctx: Context, room: Room) -> None:
    """Show a room's last messages to a client that has no way of asking for them.

    All of it is done on the engine's thread, also what must be read for it.
    """
    if not wants_replay(ctx):
        return
    _send_events(ctx, _filter_visible(ctx, room, list(get_recent_messages(ctx, room))))


def _send_events(ctx: Context, events: Iterable[Event]) -> None:
    is_timed = "server-time" in ctx.client.caps
    for event in events:
        if not is_request(event.text or ""):  # what was asked once is not asked again
            ctx.send_event(event if is_timed or not event.at else _add_timestamp(event))


def replay_direct_messages(ctx: Context, since: int) -> SlowWork | None:
    """Return the work that shows what was written to the caller alone since an instant, to such a client.

    The caller's conversations are read on the reader's thread, from the log as it is by then; what is decided from
    now on, the client is told as it happens, and must not hear it twice.
    """
    if not wants_replay(ctx):
        return None
    party, most = ctx.me.party, ctx.runtime.settings.replay
    latest = ctx.changeset.events[-1]  # at least that the caller is back; its id is known once it is stored

    def show(again: Context, found: list[Event]) -> None:
        _send_events(
            again, [one for one in found if one.id <= latest.id and one.id not in again.world.redacted]
        )

    return ctx.defer(lambda session: list_private_messages(session, party, most, since), show)


def get_recent_messages(ctx: Context, room: Room) -> Iterable[Event]:
    """Return a room's last messages, from memory once they have been read.

    They are read from the log on the engine's thread, and those added that this batch has decided on but not stored.
    """
    if room.recent is None:
        stored = latest_messages(ctx.runtime.ledger.connection, room.id, ctx.world.replay)
        stored = [event for event in stored if event.id not in ctx.world.redacted]
        decided = [
            event for event in ctx.changeset.events if event.room == room.id and event.kind in MESSAGES
        ]
        ctx.world.set_recent(room, stored + decided)
    return room.recent or ()


def _filter_visible(ctx: Context, room: Room, events: list[Event]) -> list[Event]:
    """Return those of a room's last messages that the caller may see.

    If the room hides its past, it is read from the tables, on the engine's thread, since when they stay there.
    """
    if not room.hides_history or not events:
        return events
    first = find_visit_start(ctx.runtime.ledger.connection, room.id, ctx.me.parties)
    if first is NEVER:
        return []
    return [one for one in events if not one.id or one.id >= first.position]  # 0: just decided


def _add_timestamp(event: Event) -> Event:
    """Return the message with its time in the text, for a client that knows no server-time.

    A message of several lines stays as it is, and so does a text that fills its line already.
    """
    if "lines" in event.data:
        return event
    stamp = f"[{to_text(event.at)}] "
    if len(encode(event, 0)) + len(stamp) > MAX_LINE_BYTES:
        return event
    text = event.text or ""
    opening = ACTION if text.startswith(ACTION) else ""
    return replace(event, text=opening + stamp + text.removeprefix(opening))
