"""KILL and WALLOPS."""

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.commands.sessions.leaving import disconnect_user
from app.events import Kind
from app.events.data import KilledData
from app.wire import numerics


@command(writes=True, admin_only=True)
def kill(ctx: Context, nick: str, reason: str = "") -> None:
    """Disconnect all devices of a user. To prevent reconnecting, use KLINE or DLINE."""
    victim = ctx.get_user(nick)
    if victim.is_pseudoclient:
        raise NumericError(numerics.ERR_CANTKILLSERVER)
    data = KilledData(victim.session)
    ctx.emit_without_reply(ctx.event(Kind.KILLED, target=victim.nick, text=reason or ctx.me.nick, data=data))
    disconnect_user(
        ctx.runtime, ctx.changeset, victim, f"Killed by {ctx.me.nick}" + (f": {reason}" if reason else "")
    )


@command(cost=2, writes=True, admin_only=True)
def wallops(ctx: Context, text: str) -> None:
    """Send a message to all users with mode +w."""
    if not text:
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, "WALLOPS")
    ctx.changeset.emit(ctx.event(Kind.WALLOPS, text=text))
