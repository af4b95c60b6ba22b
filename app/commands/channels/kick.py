"""Removal of members from rooms: KICK."""

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.engine.world.room import Room
from app.events import Kind
from app.events.data import KickedData
from app.text.graphemes import truncate_characters
from app.wire import numerics


@command(cost=2, writes=True)
def kick(ctx: Context, channels: str, nicks: str, reason: str = "") -> None:
    """Remove members from a room that you moderate.

    Channels and nicks are comma-separated lists: one room and several nicks, or pairs of both. The
    reason is your nick by default, and is truncated to `topic_length` characters.
    """
    rooms, names = channels.split(","), nicks.split(",")
    shown_reason = truncate_characters(reason or ctx.me.nick, ctx.runtime.settings.topic_length)
    if len(rooms) == 1:
        rooms *= len(names)
    for channel, nick in zip(rooms, names, strict=False):
        with ctx.continue_on_error():
            _kick(ctx, ctx.get_moderated_room(channel), nick, shown_reason)


def _kick(ctx: Context, room: Room, nick: str, reason: str) -> None:
    target = ctx.get_user(nick)
    if room.member(target) is None:
        raise NumericError(numerics.ERR_USERNOTINCHANNEL, target.nick, room.name)
    data = KickedData(target.session, room.name)
    ctx.emit(ctx.event(Kind.KICKED, room, target=target.nick, text=reason, data=data))
