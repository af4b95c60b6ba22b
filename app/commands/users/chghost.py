"""Displayed hosts: CHGHOST (https://ircv3.net/specs/extensions/chghost)."""

import re

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.commands.runtime import Runtime
from app.commands.sessions.bans import enforce_bans_on
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.world.user import User
from app.events import Kind
from app.events.data import HostData
from app.wire import numerics

# RFC 2812 section 2.3.1, extended for cloaks.
HOST = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z._/:-]{0,61}[0-9A-Za-z])?")


@command(cost=2, writes=True, admin_only=True)
def chghost(ctx: Context, nick: str, host: str) -> None:
    """Change the displayed host of a user for the rest of their session.

    A host consists of up to 63 letters, digits and `._/:-`. Channel lists and bans apply to the new
    host immediately.
    """
    user = ctx.get_user(nick)
    if user.is_pseudoclient:
        raise NumericError(numerics.ERR_CANTKILLSERVER, text="The host of a service cannot be changed")
    if not HOST.fullmatch(host):
        text = (
            "A host consists of up to 63 letters, digits and ._/:- and starts and ends with a letter or digit"
        )
        raise NumericError(numerics.ERR_UNKNOWNERROR, "CHGHOST", text=text)
    if host != user.host:
        _set_host(ctx, user, host)
    ctx.send_notice(f"{user.nick} is now displayed as {user.source}.")


def _set_host(ctx: Context, user: User, host: str) -> None:
    """Change the host, and notify clients with chghost and, by RPL_VISIBLEHOST, the user's."""
    me = ctx.me
    data = HostData(me.nick, me.account.name if me.account else None, me.session)
    ctx.changeset.emit(user.event(Kind.HOST, text=host, data=data))
    if ctx.client in user.clients:
        ctx.reply(numerics.RPL_VISIBLEHOST, host)
    send_visible_host(ctx.runtime, ctx.changeset, user, ctx.client)
    enforce_bans_on(ctx.runtime, ctx.changeset, user)


def send_visible_host(
    runtime: Runtime, changeset: Changeset, user: User, author: Client | None = None
) -> None:
    """Send the displayed host to the user's clients, except the author's."""
    for client in user.clients:
        if client is not author:
            Context(runtime, changeset, client).reply(numerics.RPL_VISIBLEHOST, user.host)
