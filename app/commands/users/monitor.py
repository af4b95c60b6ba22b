"""Presence notifications: MONITOR (https://ircv3.net/specs/extensions/monitor).

Each connection has its own list.
"""

from collections.abc import Iterable

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.metadata.syncing import send_user_metadata
from app.commands.registry import command, subcommand
from app.wire import numerics
from app.wire.framing import space_after
from app.wire.name_rules import InvalidName, check_nick
from app.wire.names import fold
from app.wire.numerics import Numeric
from app.wire.packing import pack_words


@command()
def monitor(ctx: Context, subcommand: str, *more: str) -> None:
    """Get notified when users come online or go offline.

    Subcommands: `+` and `-` change your list of nicks, C clears it, L shows it, S shows its status.
    """
    raise NumericError(numerics.ERR_UNKNOWNERROR, "MONITOR", text="The subcommand must be +, -, C, L or S")


@subcommand("+", cost=2)
def monitor_add(ctx: Context, targets: str) -> None:
    """Add a comma-separated list of nicks to your list, and show their status."""
    limit = ctx.runtime.settings.max_monitored
    monitored = ctx.client.monitored
    added, rejected = [], []
    for target in _split_targets(targets):
        with ctx.continue_on_error():
            nick = _parse_nick(ctx, target)
            if fold(nick) in monitored:
                continue
            if len(monitored) >= limit:
                rejected.append(target)
            else:
                ctx.world.monitors.add(ctx.client, fold(nick), nick)
                added.append(nick)
    _send_state(ctx, added)
    if rejected:
        ctx.reply(numerics.ERR_MONLISTFULL, str(limit), ",".join(rejected))


@subcommand("-")
def monitor_remove(ctx: Context, targets: str) -> None:
    """Remove a comma-separated list of nicks from your list."""
    for target in _split_targets(targets):
        ctx.world.monitors.remove(ctx.client, fold(target))


@subcommand()
def monitor_c(ctx: Context) -> None:
    """Clear your list."""
    ctx.world.monitors.clear(ctx.client)


@subcommand()
def monitor_l(ctx: Context) -> None:
    """Show your list."""
    _send_words(ctx, numerics.RPL_MONLIST, ctx.client.monitored.values())
    ctx.reply(numerics.RPL_ENDOFMONLIST)


@subcommand(cost=2)
def monitor_s(ctx: Context) -> None:
    """Show the status of the nicks on your list, online or offline."""
    _send_state(ctx, ctx.client.monitored.values())


def _split_targets(targets: str) -> list[str]:
    return [target for target in targets.split(",") if target]


def _parse_nick(ctx: Context, target: str) -> str:
    """Return the nick if it is valid.

    Raises: NumericError with ERR_ERRONEUSNICKNAME, for example for a mask.
    """
    try:
        return check_nick(target, ctx.runtime.settings.nick_length)
    except InvalidName as error:
        raise NumericError(numerics.ERR_ERRONEUSNICKNAME, target, text=error.reason) from error


def _send_state(ctx: Context, nicks: Iterable[str]) -> None:
    """Send the sources of online nicks, the offline nicks, and the metadata of online users."""
    users = {nick: ctx.world.find_user(nick) for nick in nicks}
    _send_words(ctx, numerics.RPL_MONONLINE, [user.source for user in users.values() if user])
    _send_words(ctx, numerics.RPL_MONOFFLINE, [nick for nick, user in users.items() if not user])
    for user in filter(None, users.values()):
        send_user_metadata(ctx, user)


def _send_words(ctx: Context, numeric: Numeric, words: Iterable[str]) -> None:
    """Send words in as many lines as needed, possibly none."""
    start = f":{ctx.runtime.server_name} {numeric.code} {ctx.client.nick} :"
    for text in pack_words(words, space_after(start), separator=","):
        ctx.send_lines(start + text)
