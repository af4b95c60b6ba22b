"""How people leave rooms: PART and KICK."""

from app.commands.channels.speaking import may_say
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.engine.world.room import Room
from app.events import Kind
from app.wire import numerics


@command(writes=True)
def part(ctx: Context, channels: str, reason: str = "") -> None:
    """Leave rooms. The reason is told unless you may not speak there."""
    for name in channels.split(","):
        with ctx.forgiving():
            _leave(ctx, ctx.my_room(name), reason)


def leave_all(ctx: Context) -> None:
    """Leave every room (`JOIN 0`)."""
    for room in ctx.world.rooms_of(ctx.me):
        _leave(ctx, room, "")


def _leave(ctx: Context, room: Room, reason: str) -> None:
    told = reason if may_say(ctx, room, reason) else ""
    ctx.emit(ctx.event(Kind.PARTED, room, target=room.name, text=told), room.audience)


@command(cost=2, writes=True)
def kick(ctx: Context, channels: str, nicks: str, reason: str = "") -> None:
    """Remove people from a room you moderate."""
    rooms, names = channels.split(","), nicks.split(",")
    told = (reason or ctx.me.nick)[: ctx.runtime.settings.topic_length]
    if len(rooms) == 1:
        rooms *= len(names)
    for channel, nick in zip(rooms, names, strict=False):
        with ctx.forgiving():
            _kick(ctx, ctx.my_moderated_room(channel), nick, told)


def _kick(ctx: Context, room: Room, nick: str, reason: str) -> None:
    target = ctx.somebody(nick)
    if room.member(target) is None:
        raise NumericError(numerics.ERR_USERNOTINCHANNEL, target.nick, room.name)
    data = {"session": target.session, "room": room.name}
    ctx.emit(ctx.event(Kind.KICKED, room, target=target.nick, text=reason, data=data), room.audience)
