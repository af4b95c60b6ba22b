"""STATS: a letter for each statistic; most of them are for administrators only."""

from collections.abc import Callable
from datetime import timedelta

from app.commands.connect.info import check_server
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.operators import klines
from app.commands.registry import command
from app.wire import numerics

Tell = Callable[[Context], None]


@command()
def stats(ctx: Context, query: str, server: str = "") -> None:
    """Show a statistic of the server: `u` is how long it has been running.

    For administrators: `d` and `k` are the bans of addresses, and of accounts and nicks; `m` is how often each
    command was used, `o` the names for OPER.
    """
    check_server(ctx, server)
    letter = query.lower()
    if letter in _FOR_ADMINISTRATORS and not ctx.me.is_admin:
        raise NumericError(numerics.ERR_NOPRIVILEGES)
    tell = _FOR_ADMINISTRATORS.get(letter) or _FOR_ALL.get(letter)
    if tell is not None:
        tell(ctx)
    ctx.reply(numerics.RPL_ENDOFSTATS, query)


def _uptime(ctx: Context) -> None:
    seconds = (ctx.runtime.clock.now() - ctx.runtime.started_at) // 1000
    ctx.reply(numerics.RPL_STATSUPTIME, text=f"The server has been up for {timedelta(seconds=seconds)}")


def _usage(ctx: Context) -> None:
    for name, times in ctx.runtime.command_counts.most_common():
        ctx.reply(numerics.RPL_STATSCOMMANDS, name.replace(" ", "-"), str(times))


def _operators(ctx: Context) -> None:
    for name in ctx.runtime.settings.operators:
        ctx.reply(numerics.RPL_STATSOLINE, "O", "*", "*", name)


_FOR_ALL: dict[str, Tell] = {"u": _uptime}
_FOR_ADMINISTRATORS: dict[str, Tell] = {
    "d": lambda ctx: klines.tell(ctx, klines.ADDRESSES),
    "k": lambda ctx: klines.tell(ctx, klines.PEOPLE),
    "m": _usage,
    "o": _operators,
}
