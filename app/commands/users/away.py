"""Whether somebody is there: AWAY, also before registration is finished (IRCv3 draft/pre-away)."""

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.commands.sessions import always_on
from app.events import Kind
from app.wire import numerics
from app.wire.framing import space_after, truncate
from app.wire.names import MAX_NICK_BYTES

PRE_AWAY = "draft/pre-away"
UNSPECIFIED = "*"  # the message of a client that connected by itself: its person is not there


@command(before_registration=True, writes=True)
def away(ctx: Context, message: str = "") -> None:
    """Say that you are away, and why; without a message, that you are back."""
    if ctx.user is not None:
        _set_away(ctx, message)
    elif PRE_AWAY in ctx.client.caps:
        ctx.client.registration.away = message
    else:
        raise NumericError(numerics.ERR_NOTREGISTERED)
    ctx.reply(numerics.RPL_NOWAWAY if message else numerics.RPL_UNAWAY)


def apply_early_away(ctx: Context) -> None:
    """Be away or back as a connection said before it was let in; one that said nothing means its person is there."""
    said = ctx.client.registration.away
    if said is not None:
        _set_away(ctx, said)
    elif ctx.me.away in (UNSPECIFIED, always_on.DEFAULT_AWAY_MESSAGE):
        _set_away(ctx, "")


def _set_away(ctx: Context, message: str) -> None:
    """Be away, or back if there is no message, and let those know who hear how the caller is."""
    me = ctx.me
    if message == UNSPECIFIED and PRE_AWAY in ctx.client.caps and len(me.clients) > 1:
        return  # what a connection without its person says does not count beside others
    text = _truncate(ctx, message) or None
    if text != me.away:
        ctx.changeset.emit(ctx.event(Kind.AWAY, text=text), ctx.world.presence_audience(me), ctx.client)


def _truncate(ctx: Context, message: str) -> str:
    """Return the message as far as it fits into every line it will stand in: AWAY, and 301 to anybody."""
    me = ctx.me
    told = space_after(f":{me.source} AWAY :")
    replied = space_after(f":{ctx.runtime.server_name} 301  {me.nick} :") - MAX_NICK_BYTES
    kept = message[: ctx.runtime.settings.topic_length]
    return truncate(kept, min(told, replied))
