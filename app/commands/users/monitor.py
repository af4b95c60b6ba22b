"""Who comes and goes, of those a client has named: MONITOR (IRCv3 monitor). Every connection has a list of its own."""

from collections.abc import Iterable

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.metadata.syncing import send_user_metadata
from app.commands.registry import command, subcommand
from app.wire import numerics
from app.wire.framing import space_after
from app.wire.names import InvalidName, check_nick, fold
from app.wire.numerics import Numeric
from app.wire.packing import pack_words


@command()
def monitor(ctx: Context, subcommand: str, *more: str) -> None:
    """Be told when people come and go, wherever they are: `+`, `-`, C, L, S."""
    raise NumericError(numerics.ERR_UNKNOWNERROR, "MONITOR", text="MONITOR is followed by one of + - C L S")


@subcommand("+", cost=2)
def monitor_add(ctx: Context, targets: str) -> None:
    """Watch some nicks, and show which of them are here."""
    most = ctx.runtime.settings.max_monitored
    watched = ctx.client.watched
    added, left_over = [], []
    for target in _split_targets(targets):
        with ctx.continue_on_error():
            nick = _parse_nick(ctx, target)
            if fold(nick) in watched:
                continue
            if len(watched) >= most:
                left_over.append(target)
            else:
                ctx.world.monitors.add(ctx.client, fold(nick), nick)
                added.append(nick)
    _send_state(ctx, added)
    if left_over:
        ctx.reply(numerics.ERR_MONLISTFULL, str(most), ",".join(left_over))


@subcommand("-")
def monitor_remove(ctx: Context, targets: str) -> None:
    """Watch some nicks no longer."""
    for target in _split_targets(targets):
        ctx.world.monitors.remove(ctx.client, fold(target))


@subcommand()
def monitor_c(ctx: Context) -> None:
    """Watch nobody any more."""
    ctx.world.monitors.clear(ctx.client)


@subcommand()
def monitor_l(ctx: Context) -> None:
    """Show which nicks you watch."""
    _send_words(ctx, numerics.RPL_MONLIST, ctx.client.watched.values())
    ctx.reply(numerics.RPL_ENDOFMONLIST)


@subcommand(cost=2)
def monitor_s(ctx: Context) -> None:
    """Show which of those you watch are here."""
    _send_state(ctx, ctx.client.watched.values())


def _split_targets(targets: str) -> list[str]:
    return [target for target in targets.split(",") if target]


def _parse_nick(ctx: Context, target: str) -> str:
    """Return the nick that is meant.

    Raises: Refused with ERR_ERRONEUSNICKNAME when it can be nobody's: a mask, for example.
    """
    try:
        return check_nick(target, ctx.runtime.settings.nick_length)
    except InvalidName as refusal:
        raise NumericError(numerics.ERR_ERRONEUSNICKNAME, target, text=refusal.reason) from refusal


def _send_state(ctx: Context, nicks: Iterable[str]) -> None:
    """Tell which of the nicks are here, as whom, and which are not."""
    found = {nick: ctx.world.find_user(nick) for nick in nicks}
    _send_words(ctx, numerics.RPL_MONONLINE, [user.source for user in found.values() if user])
    _send_words(ctx, numerics.RPL_MONOFFLINE, [nick for nick, user in found.items() if not user])
    for user in filter(None, found.values()):
        send_user_metadata(ctx, user)


def _send_words(ctx: Context, numeric: Numeric, words: Iterable[str]) -> None:
    """Answer with words in as many lines as they need, also none."""
    start = f":{ctx.runtime.server_name} {numeric.code} {ctx.client.nick} :"
    for text in pack_words(words, space_after(start), separator=","):
        ctx.send_lines(start + text)
