"""The host that others see of somebody: CHGHOST (IRCv3 chghost)."""

import re

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.engine.world.user import User
from app.events import Kind
from app.wire import numerics

HOST = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z._/:-]{0,61}[0-9A-Za-z])?")  # RFC 2812 section 2.3.1, and cloaks


@command(cost=2, writes=True, admin_only=True)
def chghost(ctx: Context, nick: str, host: str) -> None:
    """Give somebody another host for others to see; it lasts as long as they are here.

    It is up to 63 letters, digits, dots, hyphens, underscores, colons and slashes. Lists of rooms and bans of masks
    count for it at once.
    """
    user = ctx.get_user(nick)
    if user.is_pseudoclient:
        raise NumericError(numerics.ERR_CANTKILLSERVER, text="The server keeps its host")
    if not HOST.fullmatch(host):
        text = "A host is up to 63 letters, digits and ._/:- with a letter or digit at both ends"
        raise NumericError(numerics.ERR_UNKNOWNERROR, "CHGHOST", text=text)
    if host != user.host:
        _set_host(ctx, user, host)
    ctx.send_notice(f"{user.nick} is seen as {user.source} now.")


def _set_host(ctx: Context, user: User, host: str) -> None:
    """Let others see another host, and tell those who know of such changes, and all devices of whose it is."""
    me = ctx.me
    data = {"by": me.nick, "account": me.account.name if me.account else None, "operator": me.session}
    ctx.changeset.emit(user.event(Kind.HOST, text=host, data=data), ctx.world.presence_audience(user))
    for client in user.clients:
        view = ctx if client is ctx.client else Context(ctx.runtime, ctx.changeset, client)
        view.reply(numerics.RPL_VISIBLEHOST, host)
