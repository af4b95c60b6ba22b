"""Away status: AWAY, also before registration (https://ircv3.net/specs/extensions/pre-away)."""

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.commands.sessions import always_on
from app.events import Kind
from app.text.graphemes import truncate, truncate_characters
from app.wire import numerics
from app.wire.framing import space_after
from app.wire.names import MAX_NICK_BYTES

PRE_AWAY = "draft/pre-away"
UNSPECIFIED = "*"  # sent by a client that connects without its user present (draft/pre-away)


@command(before_registration=True, writes=True)
def away(ctx: Context, message: str = "") -> None:
    """Mark yourself as away with a message, or as back without one.

    The message is truncated to `topic_length` characters.
    """
    if ctx.user is not None:
        _set_away(ctx, message)
    elif PRE_AWAY in ctx.client.caps:
        ctx.client.registration.away = message
    else:
        raise NumericError(numerics.ERR_NOTREGISTERED)
    ctx.reply(numerics.RPL_NOWAWAY if message else numerics.RPL_UNAWAY)


def apply_early_away(ctx: Context) -> None:
    """Apply an AWAY sent before registration; without one, the user counts as present."""
    message = ctx.client.registration.away
    if message is not None:
        _set_away(ctx, message)
    elif ctx.me.away in (UNSPECIFIED, always_on.DEFAULT_AWAY_MESSAGE):
        _set_away(ctx, "")


def _set_away(ctx: Context, message: str) -> None:
    """Set the caller's away message, or clear it if empty, and notify clients of the change."""
    me = ctx.me
    if message == UNSPECIFIED and PRE_AWAY in ctx.client.caps and (len(me.clients) > 1 or len(me.nodes) > 1):
        return  # other clients of the user take precedence
    text = _truncate(ctx, message) or None
    if text != me.away:
        ctx.emit_without_reply(ctx.event(Kind.AWAY, text=text))


def _truncate(ctx: Context, message: str) -> str:
    """Truncate the message so that it fits into AWAY, and into RPL_AWAY to any recipient."""
    me = ctx.me
    away_space = space_after(f":{me.source} AWAY :")
    reply_space = space_after(f":{ctx.runtime.server_name} 301  {me.nick} :") - MAX_NICK_BYTES
    shortened = truncate_characters(message, ctx.runtime.settings.topic_length)
    return truncate(shortened, min(away_space, reply_space))
