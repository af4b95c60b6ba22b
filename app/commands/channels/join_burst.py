"""The join burst: topic, names and, for clients that cannot request history, recent messages.

A room's recent messages are read from the log once, on the engine's thread, and then cached in
memory. Direct messages differ for every user; reading them is slow work for the reader's thread.
"""

from collections.abc import Iterable
from dataclasses import replace

from app.clock import to_text
from app.commands.channels import markers
from app.commands.context import Context
from app.commands.metadata import syncing
from app.engine.delivery.encode import encode
from app.engine.submission_unit import SlowWork
from app.engine.world.room import Room
from app.events import MESSAGES, Event
from app.events.data import MessageData
from app.services.pages import latest_messages, list_private_messages
from app.services.visibility import NEVER, find_visit_start
from app.wire import numerics
from app.wire.ctcp import ACTION, is_request
from app.wire.framing import MAX_LINE_BYTES, space_after

# Clients with one of these capabilities request history themselves.
HISTORY_CAPABILITIES = ("draft/chathistory", "znc.in/playback")


def send_burst_and_replay(ctx: Context, room: Room, joined: Event) -> None:
    """Send a client its own JOIN, the join burst and the replay of recent messages."""
    send_burst(ctx, room, joined)
    replay_room(ctx, room)


def send_burst(ctx: Context, room: Room, joined: Event) -> None:
    """Send a client its own JOIN, read marker, topic, names and metadata."""
    ctx.send_event(joined)
    if "draft/read-marker" in ctx.client.caps:
        markers.send_marker(ctx, room.name)
    send_topic_and_names(ctx, room)
    syncing.send_room_metadata(ctx, room)


def send_topic_and_names(ctx: Context, room: Room) -> None:
    """Send the topic and the members of a room that the user has joined."""
    if room.topic:
        send_topic(ctx, room)
    if "no-implicit-names" not in ctx.client.caps:
        send_names(ctx, room)


def send_topic(ctx: Context, room: Room) -> None:
    """Send the topic, its author and its time (RPL_TOPIC, RPL_TOPICWHOTIME)."""
    ctx.reply(numerics.RPL_TOPIC, room.name, text=room.topic)
    ctx.reply(numerics.RPL_TOPICWHOTIME, room.name, room.topic_by, str(room.topic_at // 1000))


def send_names(ctx: Context, room: Room, requested_name: str = "") -> None:
    """Send the members that the caller may see, with their prefixes (RPL_NAMREPLY)."""
    symbol = "@" if "s" in room.modes else "="
    start = (
        f":{ctx.runtime.server_name} {numerics.RPL_NAMREPLY.code} {ctx.client.nick} {symbol} {room.name} :"
    )
    texts = room.names_for(ctx.client, ctx.me, space_after(start))
    end = numerics.RPL_ENDOFNAMES.format(
        ctx.runtime.server_name, ctx.client.nick, requested_name or room.name
    )
    ctx.send_lines(*(start + words for words in texts), end)


def wants_replay(ctx: Context) -> bool:
    """Return whether to replay recent messages, because the client cannot request history."""
    return bool(ctx.runtime.settings.replay) and ctx.client.caps.isdisjoint(HISTORY_CAPABILITIES)


def replay_room(ctx: Context, room: Room) -> None:
    """Send a room's recent messages to a client that cannot request them.

    Runs on the engine's thread, including any reads from the log.
    """
    if not wants_replay(ctx):
        return
    _send_events(ctx, _filter_visible(ctx, room, list(get_recent_messages(ctx, room))))


def _send_events(ctx: Context, events: Iterable[Event]) -> None:
    has_server_time = "server-time" in ctx.client.caps
    for event in events:
        if not is_request(event.text or ""):  # a replayed CTCP request would be answered again
            ctx.send_event(event if has_server_time or not event.at else _add_timestamp(event))


def replay_direct_messages(ctx: Context, since: int) -> SlowWork | None:
    """Return slow work that replays direct messages after `since`, or None if replay is off.

    The log is read later, on the reader's thread. It may then contain messages emitted after this
    call, which the client receives live; they are excluded from the replay.
    """
    if not wants_replay(ctx):
        return None
    party, limit = ctx.me.party, ctx.runtime.settings.replay
    latest = ctx.changeset.events[-1]  # never empty: it contains the ATTACHED event

    def send(resumed: Context, events: list[Event]) -> None:
        redacted = resumed.world.redacted
        _send_events(
            resumed, [event for event in events if event.id <= latest.id and event.id not in redacted]
        )

    return ctx.defer(lambda session: list_private_messages(session, party, limit, since), send)


def get_recent_messages(ctx: Context, room: Room) -> Iterable[Event]:
    """Return a room's recent messages, reading the log unless they are cached.

    Includes the messages of the current changeset, which are not in the log yet.
    """
    if room.recent is None:
        stored = latest_messages(ctx.runtime.ledger.connection, room.id, ctx.world.replay)
        stored = [event for event in stored if event.id not in ctx.world.redacted]
        uncommitted = [
            event for event in ctx.changeset.events if event.room == room.id and event.kind in MESSAGES
        ]
        ctx.world.set_recent(room, stored + uncommitted)
    return room.recent or ()


def _filter_visible(ctx: Context, room: Room, events: list[Event]) -> list[Event]:
    """Return the events that the caller may see.

    If the room hides history (+H), reads the start of the caller's visit on the engine's thread.
    """
    if not room.hides_history or not events:
        return events
    first = find_visit_start(ctx.runtime.ledger.connection, room.id, ctx.me.parties)
    if first is NEVER:
        return []
    # Events of the current changeset have the id 0 until they are stored.
    return [event for event in events if not event.id or event.id >= first.position]


def _add_timestamp(event: Event) -> Event:
    """Return the message with its time prepended to the text, for a client without server-time.

    Multiline messages, and texts that would then exceed the line limit, are unchanged.
    """
    if MessageData.of(event).lines:
        return event
    stamp = f"[{to_text(event.at)}] "
    if len(encode(event, 0)) + len(stamp) > MAX_LINE_BYTES:
        return event
    text = event.text or ""
    action = ACTION if text.startswith(ACTION) else ""
    return replace(event, text=action + stamp + text.removeprefix(action))
