"""What administrators do to whoever disturbs: KILL. Server-wide bans are `chat-admin ban`."""

from app.commands.context import Context
from app.commands.declare import command
from app.commands.presence import expel
from app.events import Kind


@command(writes=True, role="admin")
def kill(ctx: Context, nick: str, reason: str = "") -> None:
    """Disconnect somebody, with all their devices. They may come back: `chat-admin ban` keeps them out."""
    victim = ctx.somebody(nick)
    data = {"session": victim.session}
    ctx.emit_unseen(ctx.event(Kind.KILLED, target=victim.nick, text=reason or ctx.me.nick, data=data))
    expel(ctx.desk, ctx.batch, victim, f"Killed by {ctx.me.nick}" + (f": {reason}" if reason else ""))
