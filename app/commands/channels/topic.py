"""The topic of a room: TOPIC."""

from app.commands.channels import join_burst
from app.commands.channels.speaking import check_text
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.events import Kind
from app.text.graphemes import truncate_characters
from app.wire import numerics


@command(writes=True)
def topic(ctx: Context, channel: str, text: str | None = None) -> None:
    """Show or set the topic of a room; an empty text clears it.

    The topic is truncated to `topic_length` characters.
    """
    if text is None:
        _show(ctx, channel)
        return
    room = ctx.get_joined_room(channel)
    if "t" in room.modes and not room.is_operator(ctx.me):
        raise NumericError(numerics.ERR_CHANOPRIVSNEEDED, room.name)
    new_topic = truncate_characters(text, ctx.runtime.settings.topic_length)
    if new_topic:
        check_text(ctx, room, new_topic)
    ctx.emit(ctx.event(Kind.TOPIC, room, target=room.name, text=new_topic))


def _show(ctx: Context, channel: str) -> None:
    room = ctx.get_room(channel)
    if room.topic:
        join_burst.send_topic(ctx, room)
    else:
        ctx.reply(numerics.RPL_NOTOPIC, room.name)
