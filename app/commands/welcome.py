"""The welcome: the burst of lines after registration (RFC 2812 section 5.1)."""

from app.clock import to_text
from app.commands import isupport, metadata, server
from app.commands.context import Context
from app.wire import modes, numerics

USER_MODES = "".join(sorted(modes.USER_FLAGS + "o"))
ROOM_MODES = "".join(sorted(modes.LISTS + modes.ALWAYS + modes.WHEN_SET + modes.FLAGS + modes.ROLES))


def welcome(ctx: Context) -> None:
    """Greet somebody who finished registration."""
    desk, nick = ctx.desk, ctx.client.nick
    ctx.reply(numerics.RPL_WELCOME, text=f"Welcome to {desk.network}, {nick}")
    ctx.reply(numerics.RPL_YOURHOST, text=f"Your host is {desk.server}, running {desk.version}")
    ctx.reply(numerics.RPL_CREATED, text=f"This server was started {to_text(desk.started)}")
    ctx.reply(numerics.RPL_MYINFO, desk.server, desk.version, USER_MODES, ROOM_MODES)
    isupport.show(ctx)
    server.lusers(ctx)
    metadata.greet(ctx)
    server.motd(ctx)
