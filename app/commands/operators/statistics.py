"""STATS; most of its queries are for administrators only."""

from collections.abc import Callable
from datetime import timedelta

from app.commands.connect.info import check_server
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.operators import klines
from app.commands.registry import command
from app.wire import numerics

StatisticSender = Callable[[Context], None]


@command()
def stats(ctx: Context, query: str, server: str = "") -> None:
    """Show a statistic of the server; the query `u` shows its uptime.

    For administrators: `d` lists address bans, `k` bans of accounts and masks, `m` the usage count
    of each command on this node, and `o` the operator names for OPER.
    """
    check_server(ctx, server)
    letter = query.lower()
    if letter in _ADMIN_ONLY and not ctx.me.is_admin:
        raise NumericError(numerics.ERR_NOPRIVILEGES)
    send = _ADMIN_ONLY.get(letter) or _PUBLIC.get(letter)
    if send is not None:
        send(ctx)
    ctx.reply(numerics.RPL_ENDOFSTATS, query)


def _send_uptime(ctx: Context) -> None:
    seconds = (ctx.runtime.clock.now() - ctx.runtime.serving_since) // 1000
    ctx.reply(numerics.RPL_STATSUPTIME, text=f"The server has been up for {timedelta(seconds=seconds)}")


def _send_command_counts(ctx: Context) -> None:
    for name, count in ctx.runtime.command_counts.most_common():
        ctx.reply(numerics.RPL_STATSCOMMANDS, name.replace(" ", "-"), str(count))


def _send_operators(ctx: Context) -> None:
    for name in ctx.runtime.settings.operators:
        ctx.reply(numerics.RPL_STATSOLINE, "O", "*", "*", name)


_PUBLIC: dict[str, StatisticSender] = {"u": _send_uptime}
_ADMIN_ONLY: dict[str, StatisticSender] = {
    "d": lambda ctx: klines.send_bans(ctx, klines.ADDRESS_BANS),
    "k": lambda ctx: klines.send_bans(ctx, klines.USER_BANS),
    "m": _send_command_counts,
    "o": _send_operators,
}
