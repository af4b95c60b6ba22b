"""What administrators do and say as such: KILL, WALLOPS."""

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.commands.sessions.leaving import disconnect_user
from app.events import Kind
from app.wire import numerics


@command(writes=True, admin_only=True)
def kill(ctx: Context, nick: str, reason: str = "") -> None:
    """Disconnect somebody, with all their devices. They may come back: KLINE keeps them out."""
    victim = ctx.get_user(nick)
    if victim.is_pseudoclient:
        raise NumericError(numerics.ERR_CANTKILLSERVER)
    data = {"session": victim.session}
    ctx.emit_without_reply(ctx.event(Kind.KILLED, target=victim.nick, text=reason or ctx.me.nick, data=data))
    disconnect_user(
        ctx.runtime, ctx.changeset, victim, f"Killed by {ctx.me.nick}" + (f": {reason}" if reason else "")
    )


@command(cost=2, writes=True, admin_only=True)
def wallops(ctx: Context, text: str) -> None:
    """Say something to everybody who wants to hear it: who has the mode +w."""
    if not text:
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, "WALLOPS")
    ctx.changeset.emit(ctx.event(Kind.WALLOPS, text=text), ctx.world.listeners())
