"""Whether somebody is there: AWAY."""

from app.commands.context import Context
from app.commands.declare import command
from app.events import Kind
from app.wire import numerics
from app.wire.framing import fitting, space_behind
from app.wire.names import NICK_BYTES


@command(writes=True)
def away(ctx: Context, message: str = "") -> None:
    """Say that you are away, and why; without a message, that you are back."""
    text = _shortened(ctx, message) or None
    me = ctx.me
    if text != me.away:
        ctx.batch.pass_on(ctx.event(Kind.AWAY, text=text), ctx.world.acquaintances(me), ctx.client)
    ctx.reply(numerics.RPL_UNAWAY if text is None else numerics.RPL_NOWAWAY)


def _shortened(ctx: Context, message: str) -> str:
    """Return the message as far as it fits into every line it will stand in: AWAY, and 301 to anybody."""
    me = ctx.me
    told = space_behind(f":{me.source} AWAY :")
    replied = space_behind(f":{ctx.desk.server} 301  {me.nick} :") - NICK_BYTES
    kept = message[: ctx.desk.settings.topic_length]
    return fitting(kept, min(told, replied))
