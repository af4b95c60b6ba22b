"""The join burst: topic, names and, for clients that cannot request history, missed messages."""

from app.commands.channels import markers
from app.commands.channels.replay import replay_room, replay_room_after
from app.commands.context import Context
from app.commands.metadata import syncing
from app.engine.world.room import Room
from app.events import Event
from app.services.retention.policies import FOREVER, RetentionDefaults, describe_policy
from app.wire import numerics
from app.wire.framing import space_after


def send_burst_and_replay(ctx: Context, room: Room, joined: Event) -> None:
    """Send a client its own JOIN, the join burst and the messages that it missed."""
    send_burst(ctx, room, joined)
    with ctx.continue_on_error():
        replay_room(ctx, room)


def send_burst_and_replay_after(ctx: Context, room: Room, joined: Event, *, position: int) -> None:
    """Do the same for a client that may have missed what is after a position of the log."""
    send_burst(ctx, room, joined)
    with ctx.continue_on_error():
        replay_room_after(ctx, room, position)


def send_burst(ctx: Context, room: Room, joined: Event) -> None:
    """Send a client its own JOIN, read marker, topic, names and metadata."""
    ctx.send_event(joined)
    if "draft/read-marker" in ctx.client.caps:
        with ctx.continue_on_error():
            markers.send_marker(ctx, room.name)
    send_topic_and_names(ctx, room)
    syncing.send_room_metadata(ctx, room)
    send_retention(ctx, room)


def send_retention(ctx: Context, room: Room) -> None:
    """Send a notice if the history of a room is not kept forever, or its removal is suspended."""
    defaults = RetentionDefaults.of(ctx.runtime.settings)
    if room.retention.effective_days(defaults) != FOREVER or room.retention.hold is not None:
        text = describe_policy(room.name, room.retention, defaults)
        ctx.send_from_server("NOTICE", room.name, text=text)


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
