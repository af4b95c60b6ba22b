"""What a room is about: TOPIC."""

from app.commands.channels import join_burst
from app.commands.channels.speaking import check_text
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.events import Kind
from app.wire import numerics


@command(writes=True)
def topic(ctx: Context, channel: str, text: str | None = None) -> None:
    """Show or change what a room is about; an empty text clears it."""
    if text is None:
        _show(ctx, channel)
        return
    room = ctx.get_joined_room(channel)
    if "t" in room.modes and not room.is_operator(ctx.me):
        raise NumericError(numerics.ERR_CHANOPRIVSNEEDED, room.name)
    kept = text[: ctx.runtime.settings.topic_length]
    if kept:
        check_text(ctx, room, kept)
    ctx.emit(ctx.event(Kind.TOPIC, room, target=room.name, text=kept), room.audience)


def _show(ctx: Context, channel: str) -> None:
    room = ctx.get_room(channel)
    if not room.is_visible_to(ctx.me):
        raise NumericError(numerics.ERR_NOTONCHANNEL, room.name)
    if room.topic:
        join_burst.send_topic(ctx, room)
    else:
        ctx.reply(numerics.RPL_NOTOPIC, room.name)
